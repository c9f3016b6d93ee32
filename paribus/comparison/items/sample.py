"""How much a contrast depends on the test items at hand, beside its interval, which is over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from paribus.comparison.factorial import Levels, cells_at
from paribus.comparison.statistics.intervals import percentile_interval
from paribus.comparison.statistics.significance import mcnemar_p
from paribus.comparison.verdicts import Contrast
from paribus.evaluation.items import Answers, Place
from paribus.planning.streams import stream

Sides = Sequence[tuple[int, Sequence[str]]]
"""Variants, and whether they count for a contrast (1) or against it (-1)."""


def over_test_items(contrasts: Sequence[Contrast], levels: Levels, answers: Answers) -> list[dict[str, Any]]:
    """The uncertainty of each difference in test accuracy that comes from the finite test set.

    The seeds stay as they are, the test items are resampled: each with the difference of correctness on it, averaged
    over seeds (and over the cells of crossed factors). McNemar's test is between two runs, those of the first seed that
    has both, so it is left out where a level stands for several variants and for interactions.

    Args:
        contrasts: of a study.
        levels: of its record.
        answers: of its runs.

    Returns:
        JSON values, one row per contrast: factor, level, reference; difference, low and high (95 %), shares; n_items;
        mcnemar_p and the seed it is of. What does not exist is null. No row with folds, or for another metric.

    Source: Efron & Tibshirani (1993), ch. 13; McNemar (1947).
    """
    if answers.folded:
        return []
    on_accuracy = [contrast for contrast in contrasts if contrast.metric == "test_accuracy"]
    return [_row(contrast, _sides(contrast, levels), answers) for contrast in on_accuracy]


def _row(contrast: Contrast, sides: Sides, answers: Answers) -> dict[str, Any]:
    named = {"factor": contrast.factor, "level": contrast.level, "reference": contrast.reference}
    classes = [answers.classes[name] for _, names in sides for name in names]
    common = [place for place in classes[0] if all(place in others for others in classes)]
    places = common[: contrast.n]  # of a ladder, those that the contrast stands on
    if not places:
        unknown = dict.fromkeys(("difference", "low", "high"))
        return {**named, **unknown, "n_items": 0, "mcnemar_p": None, "seed": None}
    gain_B = reduce(np.add, (sign * _right(names, places, answers) for sign, names in sides))
    diff_B = gain_B / (len(places) * len(sides[0][1]))
    rng = stream(0, "bootstrap", contrast.factor, contrast.level, "test items")
    interval = percentile_interval(diff_B, rng=rng)
    measured = {"difference": float(diff_B.mean()), "low": interval.low, "high": interval.high, "n_items": len(diff_B)}
    return {**named, **measured, **_first_runs(sides, places[0], answers)}


def _first_runs(sides: Sides, place: Place, answers: Answers) -> Mapping[str, Any]:
    """McNemar's test of the two runs of one seed, where a contrast is one variant against one other."""
    if [len(names) for _, names in sides] != [1, 1]:
        return {"mcnemar_p": None, "seed": None}
    one_B, other_B = (_right(names, [place], answers) for _, names in sides)
    return {"mcnemar_p": mcnemar_p(one_B > 0, other_B > 0), "seed": place[0]}


def _right(names: Sequence[str], places: Sequence[Place], answers: Answers) -> NDArray[np.int64]:
    """How many of these runs are right about each item, shape (row,)."""
    runs = [answers.classes[name][place] == answers.labels_B for name in names for place in places]
    return np.count_nonzero(runs, axis=0)


def _sides(contrast: Contrast, levels: Levels) -> Sides:
    level, reference = contrast.places(contrast.level), contrast.places(contrast.reference)
    if contrast.kind == "interaction":
        mixed = [{**reference, factor: level[factor]} for factor in level]
        corners = [(1, level), (1, reference), *((-1, corner) for corner in mixed)]
    else:
        corners = [(1, level), (-1, reference)]
    return [(sign, cells_at(levels, corner)) for sign, corner in corners]
