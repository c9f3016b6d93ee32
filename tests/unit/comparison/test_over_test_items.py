"""The uncertainty that comes from the test items, and churn: hand-made answers, nothing trained."""

from __future__ import annotations

from dataclasses import replace
from math import isnan
from typing import Any

import numpy as np
import pytest
from scipy import stats

from paribus.comparison.factorial import effects, interactions
from paribus.comparison.items.churn import churns
from paribus.comparison.items.sample import over_test_items
from paribus.comparison.verdicts import Contrast, compare_pairings
from paribus.evaluation.items import Answers
from paribus.store.records.study import Level

TERMS: dict[str, Any] = {"margin": 0.0, "higher_is_better": True}
ALONE = [
    Level("depth", "2", ("base",), is_reference=True),
    Level("depth", "3", ("deep",), is_reference=False),
]
CROSSED = [
    Level(
        "depth",
        "2",
        (
            "base",
            "wide",
        ),
        is_reference=True,
    ),
    Level(
        "depth",
        "3",
        (
            "deep",
            "both",
        ),
        is_reference=False,
    ),
    Level(
        "width",
        "8",
        (
            "base",
            "deep",
        ),
        is_reference=True,
    ),
    Level(
        "width",
        "9",
        (
            "wide",
            "both",
        ),
        is_reference=False,
    ),
]


def answers(right: dict[str, list[list[int]]]) -> Answers:
    """Of variants that are right (1) about an item or not (0), seed by seed; every item is of class 1."""
    num_items = len(next(iter(right.values()))[0])
    classes = {name: {(s, None): np.array(row) for s, row in enumerate(rows)} for name, rows in right.items()}
    return Answers(np.arange(num_items), np.ones(num_items, int), classes)


def contrasts(levels: list[Level], found: Answers, metric: str = "test_accuracy") -> list[Contrast]:
    scores = {name: [float(row.mean()) for row in runs.values()] for name, runs in found.classes.items()}
    families = [*effects(levels, scores).values(), interactions(levels, scores)]
    return [contrast for family in families for contrast in compare_pairings(family, metric=metric, **TERMS)]


def test_one_seed_whose_level_is_only_ever_better_is_binomial() -> None:
    found = answers({"base": [[1] * 60 + [0] * 40], "deep": [[1] * 90 + [0] * 10]})
    (row,) = over_test_items(contrasts(ALONE, found), ALONE, found)
    low, high = stats.binom.ppf([0.025, 0.975], 100, 0.3) / 100
    assert (row["low"], row["high"]) == pytest.approx((low, high), abs=0.01 + 1e-9)
    assert (row["factor"], row["level"], row["reference"]) == ("depth", "3", "2")
    assert (row["difference"], row["n_items"], row["seed"]) == (pytest.approx(0.3), 100, 0)
    assert row["mcnemar_p"] == pytest.approx(2 * 0.5**30)


def test_seeds_are_averaged_before_items_are_drawn_and_the_same_study_gives_the_same_bits() -> None:
    rng = np.random.default_rng(3)
    base, deep = (rng.random((4, 200)) < p for p in (0.7, 0.75))
    found = answers({"base": base.astype(int).tolist(), "deep": deep.astype(int).tolist()})
    rows = over_test_items(contrasts(ALONE, found), ALONE, found)
    diff_B = deep.mean(axis=0) - base.mean(axis=0)
    drawn = stats.bootstrap((diff_B,), np.mean, method="percentile", n_resamples=20_000, rng=rng).confidence_interval
    assert (rows[0]["low"], rows[0]["high"]) == pytest.approx((drawn.low, drawn.high), abs=0.003)
    turned = Answers(found.items_B, found.labels_B, {n: dict(reversed(r.items())) for n, r in found.classes.items()})
    again = over_test_items(contrasts(ALONE, found), ALONE, turned)
    for name in ("difference", "low", "high"):
        assert rows[0][name] == again[0][name]


def test_of_a_ladder_only_the_seeds_that_the_contrast_stands_on_count() -> None:
    found = answers({"base": [[1, 0, 0, 0], [1, 1, 1, 1]], "deep": [[1, 1, 0, 0], [0, 0, 0, 0]]})
    (contrast,) = contrasts(ALONE, found)
    (row,) = over_test_items([replace(contrast, n=1)], ALONE, found)
    assert row["difference"] == 0.25


def test_crossed_factors_are_averages_and_interactions_differences_of_differences() -> None:
    rng = np.random.default_rng(5)
    right = {name: (rng.random((3, 50)) < 0.6).astype(int) for name in ("base", "wide", "deep", "both")}
    found = answers({name: rows.tolist() for name, rows in right.items()})
    asked = contrasts(CROSSED, found)
    rows = over_test_items(asked, CROSSED, found)
    base, wide, deep, both = (rows.mean() for rows in right.values())
    expected = [(deep + both - base - wide) / 2, (wide + both - base - deep) / 2, both - wide - deep + base]
    assert [row["difference"] for row in rows] == pytest.approx(expected)
    assert [row["difference"] for row in rows] == pytest.approx([contrast.difference for contrast in asked])
    mixed_B = (right["both"] - right["wide"] - right["deep"] + right["base"]).mean(axis=0)
    assert rows[2]["high"] - rows[2]["low"] == pytest.approx(2 * 1.96 * mixed_B.std() / np.sqrt(50), rel=0.1)
    assert all(row["mcnemar_p"] is None and row["seed"] is None for row in rows)


def test_only_seeds_that_have_both_runs_count() -> None:
    found = answers({"base": [[0, 0], [0, 1], [1, 1]], "deep": [[1, 1], [1, 1], [1, 1]]})
    asked = contrasts(ALONE, found)
    del found.classes["base"][0, None]
    (row,) = over_test_items(asked, ALONE, found)
    assert (row["difference"], row["seed"]) == (0.25, 1)
    found.classes["base"].clear()
    (row,) = over_test_items(asked, ALONE, found)
    assert (row["level"], row["n_items"]) == ("3", 0)
    assert all(row[name] is None for name in ("difference", "low", "high", "mcnemar_p", "seed"))
    (lost,) = churns(ALONE, found)
    assert lost.pairs == 0
    assert isnan(lost.churn)
    assert isnan(lost.seed_churn)


def test_no_row_for_another_metric_or_with_folds() -> None:
    found = answers({"base": [[0, 1]], "deep": [[1, 1]]})
    assert over_test_items(contrasts(ALONE, found, "test_loss"), ALONE, found) == []
    folded = Answers(found.items_B, found.labels_B, {n: {(0, 1): runs[0, None]} for n, runs in found.classes.items()})
    assert over_test_items(contrasts(ALONE, found), ALONE, folded) == []


def test_churn_of_crossed_factors_is_between_variants_that_differ_in_one_factor() -> None:
    found = answers({
        "base": [[0, 0, 0, 0], [0, 0, 0, 1]], "wide": [[1, 1, 0, 0], [1, 1, 0, 0]],
        "deep": [[0, 0, 0, 1], [0, 0, 0, 1]], "both": [[1, 1, 1, 1], [1, 1, 1, 0]],
    })  # fmt: skip
    depth, width = churns(CROSSED, found)
    # depth: deep against base 1/4 and 0, both against wide 2/4 and 1/4; two seeds of base 1/4, of wide 0
    assert (depth.level, depth.reference, depth.pairs, depth.churn, depth.seed_churn) == ("3", "2", 4, 0.25, 0.125)
    # width: wide against base 2/4 and 3/4, both against deep 3/4 and 4/4; two seeds of base 1/4, of deep 0
    assert (width.level, width.reference, width.pairs, width.churn, width.seed_churn) == ("9", "8", 4, 0.75, 0.125)


def test_a_study_that_varies_nothing_has_no_churn() -> None:
    only = [Level(None, None, ("base",), is_reference=False)]
    assert churns(only, answers({"base": [[0, 1]]})) == []
