"""Homes that an earlier version wrote say today what they said then: `scripts/old_homes.py` made them and kept that."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import paribus
from paribus import SpecError
from paribus.planning import plan
from paribus.spec.parts import parts

HOMES = Path(__file__).parent / "old_homes"
KINDS = sorted(path.name.removesuffix(".tar.xz") for path in HOMES.glob("*.tar.xz"))
ENGINE_THEN = 8
NETWORKS = "old_nets"
"""The module of the networks that two of the studies name."""

LINK = r'download="{}-{}.csv" href="data:text/csv;charset=utf-8;base64,([^"]+)"'
SCORES = re.compile(r"<tr><td>([^<]+)(?:<(?!/td>).*?)?</td><td><b>([^<]+)</b></td><td>([^<]*)</td>")
"""Variant, mean and interval in a row of the page's scores."""


def kept(kind: str, ending: str) -> str:
    """What the version that wrote the home printed of it."""
    return (HOMES / f"{kind}.{ending}").read_text(encoding="utf-8")


def unpack(kind: str, home: Path) -> Path:
    with tarfile.open(HOMES / f"{kind}.tar.xz") as archive:
        archive.extractall(home, filter="data")
    return home


def parts_of(shown: dict[str, Any]) -> list[dict[str, Any]]:
    """What was printed of each data set."""
    return shown.get("parts", [shown])


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def unknown_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a new process, no study file was opened that names them."""
    monkeypatch.delitem(sys.modules, NETWORKS, raising=False)
    for name in ("make", "breaks"):
        monkeypatch.delitem(parts("model"), f"{NETWORKS}:{name}", raising=False)


@pytest.fixture
def home(folder: Path, kind: str, unknown_networks: None) -> Iterator[Path]:
    """The old home, beside a module that tells whether it is imported, which reading a home never does."""
    (folder / f"{NETWORKS}.py").write_text("from pathlib import Path\nPath('imported').touch()\n")
    yield unpack(kind, folder / "old")
    assert not (folder / "imported").exists()


def test_there_is_a_home_of_every_kind() -> None:
    assert sorted(path.stem for path in HOMES.glob("*.yaml")) == KINDS
    assert len(KINDS) == 10


def test_it_is_shown_and_listed_as_it_was(cli: Callable, kind: str, home: Path) -> None:
    then = json.loads(kept(kind, "json"))
    assert json.loads(cli("show", kind, "--json", "--home", "old").out) == then
    assert cli("show", kind, "--home", "old").out == kept(kind, "txt")
    listed = {row["study"]: row for row in json.loads(cli("list", "--json", "--home", "old").out)}
    assert listed.keys() == {kind, *(part["study"] for part in parts_of(then))}
    runs = [run for part in parts_of(then) for run in part["runs"]]
    keys = {run["key"] for run in runs}
    assert (listed[kind]["status"], listed[kind]["runs"], listed[kind]["stored"]) == (
        then["status"],
        len(keys),
        len(keys),
    )
    assert listed[kind]["failed"] == len({run["key"] for run in runs if run["status"] == "failed"})


def test_its_report_has_the_numbers_that_were_shown(cli: Callable, kind: str, home: Path) -> None:
    done = cli("report", kind, "--home", "old")
    assert (done.code, done.err) == (0, "")
    for part in parts_of(json.loads(kept(kind, "json"))):
        page = (home / "reports" / f"{part['study']}.html").read_text(encoding="utf-8")
        drawn = any(contrast["difference"] is not None for contrast in part["contrasts"])
        found = rows_of(page, part["study"], "contrasts") if drawn else []
        for row, contrast in zip(found, part["contrasts"] if drawn else [], strict=True):
            numbers = {name: value for name, value in contrast.items() if isinstance(value, int | float)}
            assert numbers.keys() >= {"n", "difference", "ci_low", "ci_high"}
            assert {name: row[name] for name in numbers} == pytest.approx(numbers, rel=1e-12)
            assert row["verdict"] == contrast["verdict"]
        (metric,) = {contrast["metric"] for contrast in part["contrasts"]}
        expected = means_of(part["runs"], metric)
        listed = rows_of(page, part["study"], "variants")
        assert {row["variant"]: [row["mean"], row["ci_low"], row["ci_high"]] for row in listed} == {
            name: pytest.approx(values, rel=1e-9, nan_ok=True) for name, values in expected.items()
        }
        shown = {name.strip(): numbers_in(f"{mean} {between}") for name, mean, between in SCORES.findall(page)}
        unit = 1 if metric == "test_loss" else 100
        assert {name: shown[name] for name in expected} == {
            name: pytest.approx([unit * value for value in values if not np.isnan(value)], abs=0.0501)
            for name, values in expected.items()
        }


def numbers_in(text: str) -> list[float]:
    return [float(number.replace("\N{MINUS SIGN}", "-")) for number in re.findall(r"\N{MINUS SIGN}?\d+\.\d+", text)]


def rows_of(page: str, study: str, table: str) -> list[dict[Any, Any]]:
    """The rows of a table that the page holds."""
    (found,) = set(re.findall(LINK.format(re.escape(study), table), page))
    frame = pd.read_csv(io.BytesIO(base64.b64decode(found)), keep_default_na=False, na_values=[""])
    return frame.to_dict("records")


def means_of(runs: list[dict[str, Any]], metric: str) -> dict[str, list[float]]:
    """Mean and 95 % interval (Student's t) of each variant's scores over seeds, those of a seed's folds averaged."""
    scores: dict[str, dict[int, list[float]]] = {}
    for run in runs:
        folds = scores.setdefault(run["variant"], {}).setdefault(run["seed"], [])
        folds += [run["metrics"][metric]] if run["status"] == "finished" else []
    return {name: interval([np.mean(folds) for folds in seeds.values() if folds]) for name, seeds in scores.items()}


def interval(scores: list[Any]) -> list[float]:
    mean = float(np.mean(scores)) if scores else np.nan
    if len(scores) < 2:
        return [mean, np.nan, np.nan]
    half = float(stats.t.ppf(0.975, len(scores) - 1) * stats.sem(scores))
    return [mean, mean - half, mean + half]


@pytest.mark.usefixtures("unknown_networks")
def test_a_plan_of_the_same_file_says_what_is_stored(
    cli: Callable, kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing, as equal recipes now come to other weights; where that is left out, all, under the same keys."""
    unpack(kind, folder / "old")
    for file in (*HOMES.glob("*.csv"), HOMES / f"{NETWORKS}.py", HOMES / f"{kind}.yaml"):
        shutil.copy(file, folder)

    def planned() -> tuple[int, set[int], set[str]]:
        values = json.loads(cli("plan", f"{kind}.yaml", "--json", "--home", "old").out)
        data_sets = parts_of(values)
        seeds = {int(seed) for part in data_sets for row in part["variants"] for seed in row["seeds"]}
        return values["stored"], seeds, {key for part in data_sets for cohort in part["cohorts"] for key in cohort}

    runs = [run for part in parts_of(json.loads(kept(kind, "json"))) for run in part["runs"]]
    assert plan.ENGINE > ENGINE_THEN
    stored, seeds, keys = planned()
    assert stored == 0
    assert keys
    assert not keys & {run["key"] for run in runs}
    monkeypatch.setattr(plan, "ENGINE", ENGINE_THEN)
    stored, seeds, keys = planned()
    first = {run["key"]: run["status"] for run in runs if run["seed"] in seeds}  # a ladder has more
    assert keys == first.keys()
    assert stored == sum(status != "failed" for status in first.values())  # those are tried again


def test_it_does_not_differ_from_itself(cli: Callable, kind: str, home: Path, folder: Path) -> None:
    unpack(kind, folder / "copy")
    for part in parts_of(json.loads(kept(kind, "json"))):
        done = cli("diff", part["study"], part["study"], "--home", "old", "--other-home", "copy", "--json")
        found = json.loads(done.out)
        assert [row["factor"] for row in found["contrasts"]] == list(
            dict.fromkeys(row["name"] for row in part["variants"])
        )
        finished = {run["variant"] for run in part["runs"] if run["status"] == "finished"}
        assert {row["factor"]: row["difference"] for row in found["contrasts"]} == {
            row["name"]: 0.0 if row["name"] in finished else None for row in part["variants"]
        }


@pytest.mark.parametrize("kind", ["own"], indirect=True)
def test_a_network_of_ones_own_is_not_imported_to_be_loaded(home: Path) -> None:
    with pytest.raises(SpecError, match=f"{NETWORKS}:make is code"):
        paribus.load("own", home=home)
