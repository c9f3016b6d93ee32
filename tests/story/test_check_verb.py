"""Published scores: that all of them can be trained, and what is said of the outcome."""

import json
from math import nan
from typing import Any

import numpy as np
import pytest

from paribus import Study
from paribus.comparison.statistics.intervals import t_interval
from paribus.planning import plan_study
from paribus.published import PublishedScore, find_groups
from paribus.published.check import compared


@pytest.mark.parametrize("name", find_groups())
def test_every_published_score_belongs_to_a_level_of_its_study(name: str) -> None:
    for published in find_groups([name])[name]:
        study = Study.model_validate(published.study)
        levels = plan_study(study, "f").levels
        assert len(study.factors) <= 1
        assert set(published.expected) <= {level.label or level.variants[0] for level in levels}
        assert published.source


def test_quick_shows_that_it_runs_and_judges_nothing(cli, contents) -> None:
    done = cli("check", "fashion-mnist-paper", "mnist-regularized", "--quick", "--json")
    rows = json.loads(done.out)
    assert done.code == 0
    assert "These numbers mean nothing" in done.err
    assert [row["theirs"] for row in rows] == [0.871, 0.870, 0.850, 0.848, 0.868, 0.863, 0.841, 0.840, 0.8632, 0.8793]
    for row in rows:
        assert (row["seeds"], row["verdict"]) == (1, None)
        assert row["difference"] == pytest.approx(row["ours"] - row["theirs"])
        assert row["ours_min"] == row["ours"] == row["ours_max"]
    runs = {path: state for path, state in contents().items() if "/runs/" in path}
    again = cli("check", "fashion-mnist-paper", "mnist-regularized", "--quick")
    assert {path: state for path, state in contents().items() if "/runs/" in path} == runs  # nothing trained again
    assert "relu 100-10" in again.out
    assert {row["study"] for row in json.loads(cli("list", "--json").out)} == {row["study"] for row in rows}


def published(expected: float) -> PublishedScore:
    study = {
        "name": "check-digits",
        "data": {"source": "digits"},
        "baseline": {"model": {"kind": "linear"}, "epochs": 2},
        "seeds": 2,
    }
    return PublishedScore(source="a book", tolerance=0.01, study=study, expected={"baseline": expected})


def test_outside_the_tolerance_is_exit_1(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(expected: float) -> tuple[int, dict[str, Any], str]:
        monkeypatch.setattr("paribus.published.find_groups", lambda names: {"books": [published(expected)]})
        done, text = cli("check", "--json"), cli("check")
        assert done.code == text.code
        return done.code, json.loads(done.out)[0], text.out

    code, row, text = check(0.1)
    scores = [run["metrics"]["test_accuracy"] for run in json.loads(cli("show", "check-digits", "--json").out)["runs"]]
    assert (code, row["verdict"], row["group"], row["source"]) == (1, "outside", "books", "a book")
    assert (row["ours"], row["ours_min"], row["ours_max"]) == pytest.approx((sum(scores) / 2, min(scores), max(scores)))
    assert row["difference"] == pytest.approx(sum(scores) / 2 - 0.1)
    assert "outside" in text
    code, row, text = check(row["ours"] + 0.009)
    assert (code, row["verdict"]) == (0, "within")
    assert "within" in text


def test_a_group_that_is_none(cli) -> None:
    done = cli("check", "notebook")
    assert done.code == 2
    assert "Did you mean 'notebooks'?" in done.err


@pytest.mark.parametrize(
    ("mean", "finished", "verdict"),
    [(0.50, 5, "within"), (0.5101, 5, "outside"), (0.4899, 5, "outside"), (0.50, 4, "outside"), (nan, 0, "outside")],
)
def test_a_verdict_needs_all_runs(mean: float, finished: int, verdict: str) -> None:
    ours = {"mean": mean, "ci_low": nan, "ci_high": nan, "min": mean, "max": mean, "finished": finished, "planned": 5}
    found = compared(0.5, ours, 0.01)
    assert found["verdict"] == verdict
    assert (found["difference"] is None) == (finished == 0)


def test_one_run_of_theirs_is_compared_with_one_more_run_of_ours() -> None:
    """A further draw of the same normal lies within in 95 % of the cases, whatever the number of seeds."""
    rng = np.random.default_rng(0)
    for seeds in (3, 5, 10):
        inside = 0
        for _ in range(4_000):
            *scores, theirs = rng.normal(0.8, 0.01, seeds + 1)
            interval = t_interval(scores)
            ours = {"mean": np.mean(scores), "ci_low": interval.low, "ci_high": interval.high}
            ours |= {"min": min(scores), "max": max(scores), "finished": seeds, "planned": seeds}
            inside += compared(theirs, ours, None)["verdict"] == "within"
        assert inside / 4_000 == pytest.approx(0.95, abs=4 * (0.05 * 0.95 / 4_000) ** 0.5)
