"""A ladder of seeds: what is judged at which look, and who gets more."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from paribus.comparison.judging import contrasts_of
from paribus.comparison.ladder import ladder_facts, ladder_sentence, seeds_wanted
from paribus.comparison.summary import summarize
from paribus.store.records.run import StoredRun
from paribus.store.records.study import Level, PlannedRun, StudyRecord
from tests.made_up import run_of, study_of

CLEAR = [0.10, 0.11, 0.09, 0.105]
"""Differences that decide at the first look."""


def study(gains: dict[str, list[float]], **spec: Any) -> tuple[StudyRecord, dict[str, StoredRun]]:
    """The record and runs of levels that differ from the baseline by so much at each of their seeds."""
    rng = np.random.default_rng(0)
    most = max(map(len, gains.values()))
    base = rng.normal(0.8, 0.05, most)
    scores = {"base": list(base)} | {name: list(base[: len(g)] + np.array(g)) for name, g in gains.items()}
    rows = {
        f"{name}{seed}": run_of(f"{name}{seed}", metrics={"test_accuracy": score})
        for name, values in scores.items()
        for seed, score in enumerate(values)
    }
    record = {
        "spec": {"metric": "accuracy", "margin": 0.001, "seeds": {"start": 4, "max": 16}, **spec},
        "variants": {name: {"recipe": {}, "parameters": 1} for name in scores},
        "levels": [
            {"factor": "f", "label": name, "variants": [name], "is_reference": name == "base"} for name in scores
        ],
        "runs": [
            {"key": f"{name}{seed}", "variant": name, "seed": seed}
            for name, values in scores.items()
            for seed in range(len(values))
        ],
    }
    return study_of(record), rows


def test_only_the_undecided_and_its_reference_get_more_seeds() -> None:
    record, rows = study({"clear": CLEAR, "vague": [0.1, -0.1, 0.05, -0.04]})
    contrasts = contrasts_of(record, rows)
    assert [contrast.verdict for contrast in contrasts] == ["better", "undecided"]
    assert seeds_wanted(record, contrasts) == {"base": range(4, 8), "vague": range(4, 8)}


def test_what_was_decided_stays_at_its_look_whatever_comes_later() -> None:
    """The runs of a decided level may grow for the sake of another factor; its verdict does not move."""
    early, _ = contrasts_of(*study({"clear": CLEAR, "vague": [0.1, -0.1, 0.05, -0.04]}))
    late, vague = contrasts_of(*study({"clear": CLEAR + [-5.0] * 4, "vague": [0.1, -0.1, 0.05, -0.04] * 2}))
    assert (late.n, late.verdict, late.difference) == (4, "better", early.difference)
    assert (vague.n, vague.verdict) == (8, "undecided")


def test_the_last_look_ends_it() -> None:
    record, rows = study({"vague": [0.1, -0.1] * 8})
    contrasts = contrasts_of(record, rows)
    assert (contrasts[0].n, contrasts[0].verdict) == (16, "undecided")
    assert seeds_wanted(record, contrasts) == {}
    assert ladder_facts(record) == {"looks": [4, 8, 16], "trained": 32, "saved": 0}


def test_intervals_are_wider_than_without_a_ladder() -> None:
    (ladder,) = contrasts_of(*study({"clear": CLEAR}))
    (plain,) = contrasts_of(*study({"clear": CLEAR}, seeds=4))
    assert ladder.difference == plain.difference
    assert ladder.ci_low < plain.ci_low < plain.ci_high < ladder.ci_high
    assert ladder.p_value == plain.p_value == 0.125
    assert ladder.p_adjusted > plain.p_adjusted


def test_what_it_saved_is_told() -> None:
    record, _ = study({"clear": CLEAR, "vague": [0.1, -0.1, 0.05, -0.04] * 2})
    assert ladder_facts(record) == {"looks": [4, 8], "trained": 20, "saved": 28}
    told = ladder_sentence(record)
    assert "at 4, 8 seeds, and only" in told
    assert "20 trainings in place of 48. Intervals and verdicts are corrected for all looks up to 16 seeds." in told
    assert ladder_sentence(replace(record, asked=replace(record.asked, seeds=(0, 1, 2)))) == ""


def test_folds_count_as_many_trainings_in_what_was_saved() -> None:
    record, _ = study({"clear": CLEAR})
    folds = tuple(PlannedRun(f"fold {seed}", "clear", seed) for seed in range(4))
    record = replace(record, runs=record.runs + folds)
    assert ladder_facts(record) == {"looks": [4], "trained": 4 + 2 * 4, "saved": 3 * 16 - 12}


def test_one_that_was_stopped_between_two_looks_is_not_finished() -> None:
    vague = [0.1, -0.1, 0.05, -0.04] * 4
    statuses = [summarize(*study({"vague": vague[:size]}))["status"] for size in (4, 8, 16)]
    assert statuses == ["interrupted", "interrupted", "finished"]


def test_a_level_without_a_p_value_yet_is_counted_among_those_that_are_tested() -> None:
    """Differences that are all the same have none; when they get one, what was decided before must not change."""
    gains = [0.030, 0.034, 0.026, 0.032]
    waits = dict.fromkeys(("one", "two", "three"), [0.05] * 4)
    first, *_ = contrasts_of(*study({"clear": gains, **waits}))
    more = {name: [*same, 0.2, -0.2, 0.1, -0.1] for name, same in waits.items()}
    later, *_ = contrasts_of(*study({"clear": gains, **more}))
    assert (first.verdict, first.adjusted_low) == (later.verdict, later.adjusted_low)


def test_one_family_for_the_whole_study_is_stricter() -> None:
    gains = {"one": [0.05, 0.02, 0.06, 0.01], "two": [0.01, 0.05, 0.02, 0.05]}
    record, rows = study(gains, seeds=4)
    more = tuple(Level("g", name, (name,), is_reference=name == "base") for name in ("base", "two"))
    record = replace(record, levels=record.levels + more)
    apart = contrasts_of(record, rows)
    together = contrasts_of(replace(record, asked=replace(record.asked, family="study")), rows)
    assert [(c.factor, c.level) for c in together] == [("f", "one"), ("f", "two"), ("g", "two")]
    assert together[2].adjusted_low < apart[2].adjusted_low
    assert together[2].p_adjusted == pytest.approx(min(1, 3 * together[2].p_value))
