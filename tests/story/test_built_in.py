"""The built-in studies: each plans as it is, and runs as a quick look."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from paribus.results.result import Result
from paribus.spec.files import read_study
from paribus.store import Store
from paribus.studies import built_in

SCRIPT = Path(__file__).parents[2] / "scripts" / "study_page.py"

SMALL = {"fashion_mnist_mini": "digits", "fashion_mnist": "digits", "mnist": "digits", "imdb": "reviews:make"}


def on_each_data_set(name: str) -> dict[str, dict[str, Any]]:
    """The study on each of its data sets alone."""
    values = read_study(built_in()[name])
    listed = values["data"] if isinstance(values["data"], list) else [values["data"]]
    named = [(entry.pop("name", entry["source"]), entry) for entry in map(dict, listed)]
    return {data: {**values, "name": f"{name}-{data.replace('_', '-')}", "data": entry} for data, entry in named}


PARTS = [(name, data) for name in built_in() for data in on_each_data_set(name)]


def check(cli: Any, folder: Path, values: dict[str, Any]) -> None:
    """It plans, and a quick look at it finishes and says that it is one."""
    (folder / "study.yaml").write_text(yaml.safe_dump(values, sort_keys=False))
    planned = cli("plan", "study.yaml", "--json")
    assert planned.code == 0, planned.err
    assert json.loads(planned.out)["runs"] >= len(values["factors"]) * values["seeds"]
    done = cli("run", "study.yaml", "--quick", "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["study"] == f"{values['name']}-quick"
    assert {run["status"] for run in found["runs"]} == {"finished"}
    assert {run["seed"] for run in found["runs"]} == {0, 1}
    assert max(run["epochs"] for run in found["runs"]) == 2
    assert found["contrasts"]
    assert all([text for text in row["caveats"] if text.startswith("C14 ")] for row in found["contrasts"])
    report = folder / "paribus-home" / "reports" / f"{found['study']}.html"
    assert "This is a quick look" in report.read_text()


@pytest.mark.parametrize("name", built_in())
def test_they_say_why(name: str) -> None:
    text = built_in()[name].read_text()
    assert text.startswith("# ")
    assert len(text.splitlines()) <= 60
    values = read_study(built_in()[name])
    assert values["name"] == name
    assert {"question", "margin", "seeds", "metric"} <= values.keys()


@pytest.mark.slow
@pytest.mark.usefixtures("reviews")
@pytest.mark.parametrize(("name", "data"), [part for part in PARTS if part[1] not in ("cifar10", "sign_mnist")])
def test_on_small_data(cli, folder: Path, name: str, data: str) -> None:
    values = on_each_data_set(name)[data]
    entry = {**values["data"], "source": SMALL[values["data"]["source"]], "fraction": 0.1}
    if "text" in entry:
        entry["text"] = {**entry["text"], "max_features": 50}
    check(cli, folder, {**values, "data": entry})


@pytest.mark.fulldata
@pytest.mark.parametrize(("name", "data"), dict(reversed(PARTS)).items())  # the first data set of each study
def test_on_the_real_data(cli, folder: Path, name: str, data: str) -> None:
    """By its first factor, as all of them take ten minutes on a slow machine; small data see them all."""
    values = on_each_data_set(name)[data]
    first = next(iter(values["factors"]))
    check(cli, folder, {**values, "factors": {first: values["factors"][first]}})


@pytest.mark.parametrize("metric", ["accuracy", "f1_macro"])
def test_the_page_of_a_study_keeps_what_was_written_by_hand(
    cli, folder: Path, monkeypatch: pytest.MonkeyPatch, metric: str
) -> None:
    done = cli("run", "tiny.yaml", "--set", f"metric={metric}", "--json")
    page = folder / "pages" / "tiny.md"
    words = [str(SCRIPT), "tiny", "--home", str(folder / "paribus-home"), "--output", str(page)]
    monkeypatch.setattr(sys, "argv", words)
    runpy.run_path(str(SCRIPT), run_name="__main__")
    made = page.read_text()
    best = max(row["mean"] for row in Result(Store(folder / "paribus-home"), "tiny").variants.to_dict("records"))
    assert f"| {100 * best:.1f} |" in made
    assert ("| test accuracy, % |" in made, "test macro F1, %" in made) == (True, metric != "accuracy")
    assert made.count("\n- **") == len(json.loads(done.out)["contrasts"])
    assert made.endswith("\n## What this says of the notebook's claims\n")
    page.write_text(f"{made}\nNothing of it holds.\n".replace("6 runs", "9 runs"))
    runpy.run_path(str(SCRIPT), run_name="__main__")
    assert page.read_text() == f"{made}\nNothing of it holds.\n"


def test_a_quick_look_says_so(cli, folder: Path) -> None:
    told = "tiny-quick is a quick look, with few rows, epochs and seeds: its numbers are no result."
    assert told in cli("plan", "tiny.yaml", "--quick").out
    assert told in cli("run", "tiny.yaml", "--quick").out
    assert told in cli("show", "tiny-quick").out
    assert "tiny" not in json.loads(cli("list", "--json").out)
    real = cli("run", "tiny.yaml")
    assert "quick look" not in real.out
