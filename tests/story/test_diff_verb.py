"""Two stored studies side by side."""

import json
from pathlib import Path

import pytest

from paribus import Result
from paribus.store import Store


def test_two_studies_of_a_home(cli, folder: Path) -> None:
    for words in ([], ["--set", "name=other", "--set", "baseline.optimizer.lr=0.02", "--seeds", "3"]):
        assert cli("run", "tiny.yaml", "--json", *words).code == 0
    values = json.loads(cli("diff", "tiny", "other", "--json").out)
    assert (values["a"], values["b"], values["seeds"]) == ("tiny", "other", [0, 1])
    scores = {}
    for name in ("tiny", "other"):
        runs = json.loads(cli("show", name, "--json").out)["runs"]
        scores[name] = {(run["variant"], run["seed"]): run["metrics"]["test_accuracy"] for run in runs}
    assert [contrast["factor"] for contrast in values["contrasts"]] == ["baseline", "depth=2", "dropout=0.5"]
    for contrast in values["contrasts"]:
        gains = [scores["other"][contrast["factor"], s] - scores["tiny"][contrast["factor"], s] for s in (0, 1)]
        assert contrast["difference"] == pytest.approx(sum(gains) / 2)
    (change,) = values["recipes"]
    assert (change["path"], change["a"], change["b"]) == ("optimizer.lr", 0.01, 0.02)
    assert values["surroundings"] == []
    text = cli("diff", "tiny", "other")
    assert text.code == 0
    assert "other against tiny: 3 variants and 2 seeds in common" in text.out
    assert "optimizer.lr  0.01  0.02  all" in text.out
    store = Store(folder / "paribus-home")
    table = Result(store, "tiny").diff(Result(store, "other"))
    assert table["difference"].tolist() == [contrast["difference"] for contrast in values["contrasts"]]


def test_one_study_in_two_homes(cli, folder: Path) -> None:
    for home in ("one", "two"):
        assert cli("run", "tiny.yaml", "--json", "--home", home).code == 0
    check_mistakes(cli, folder)
    values = json.loads(cli("diff", "tiny", "tiny", "--home", "one", "--other-home", "two", "--json").out)
    assert values["a"].endswith("/one")
    assert values["b"].endswith("/two")
    assert [contrast["verdict"] for contrast in values["contrasts"]] == ["equivalent"] * 3
    assert {contrast["difference"] for contrast in values["contrasts"]} == {0}
    assert (values["recipes"], values["surroundings"]) == ([], [])


def check_mistakes(cli, folder: Path) -> None:
    for words, message in {
        ("tiny", "tinny"): "Did you mean 'tiny'?",
        ("tiny", "tiny"): "'tiny' cannot differ from itself",
        ("tiny", "tiny", "--other-home", "nowhere"): "No studies in nowhere.",
    }.items():
        done = cli("diff", *words, "--home", "one")
        assert (done.code, done.out) == (2, "")
        assert message in done.err
    assert not (folder / "nowhere").exists()
