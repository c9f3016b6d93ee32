"""Train what others published, and compare."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from paribus.published.groups import PublishedScore
from paribus.result import Result
from paribus.spec.patch import patched
from paribus.study import Study

LIGHT: dict[str, Any] = {
    "data": {"source": "fashion_mnist_mini", "fraction": 0.1},
    "baseline.epochs": 2,
    "seeds": 1,
}
"""Laid over every study to see quickly whether it runs: other data, which come with paribus, and little training."""


def check_group(
    group: list[PublishedScore], home: Path | str | None = None, workers: int | None = None, light: bool = False
) -> Iterator[dict[str, Any]]:
    """Train the studies of a group, or take them from the home, and compare their scores with what was published.

    Args:
        group: from `find_groups`.
        home: directory of the store, as for `Study.run`.
        workers: processes, as for `Study.run`.
        light: only see whether everything runs: see `LIGHT`. The scores mean nothing then, and there is no verdict.

    Yields:
        A row a published score, JSON values: the study and its level, theirs, the mean of ours with its range over
        seeds, their difference, and the verdict, `within` or `outside` the tolerance.

    Raises:
        DataError: a data set cannot be used.
        StoreError: the home cannot be used.
    """
    for published in group:
        changes = {**LIGHT, "name": f"{published.study['name']}-quick"} if light else {}
        result = Study.model_validate(patched(published.study, changes)).run(home, workers)
        assert isinstance(result, Result)  # each is over one data set
        yield from _rows(published, result, light)


def _rows(published: PublishedScore, result: Result, light: bool) -> Iterator[dict[str, Any]]:
    names = {variant["level"] or variant["name"]: variant["name"] for variant in result.summary["variants"]}
    ours = {row["variant"]: row for row in result.variants.to_dict("records")}
    for level, theirs in published.expected.items():
        row = ours[names[level]]
        yield {
            "study": result.name,
            "level": level,
            "source": published.source,
            "metric": f"test_{result.metric}",
            "seeds": row["finished"],
            "theirs": theirs,
            **compared(theirs, row, published.tolerance),
            **({"verdict": None} if light else {}),
        }


def compared(theirs: float, ours: Mapping[Any, Any], tolerance: float) -> dict[str, Any]:
    """Our scores beside theirs. A variant with an unfinished run has no mean, and counts as outside.

    Args:
        theirs: the published score.
        ours: mean, min, max, finished and planned seeds of the variant.
        tolerance: largest difference that is within.
    """
    known = {name: None if math.isnan(ours[name]) else ours[name] for name in ("mean", "min", "max")}
    complete = ours["finished"] == ours["planned"]
    difference = None if known["mean"] is None else known["mean"] - theirs
    within = complete and difference is not None and abs(difference) <= tolerance
    return {
        "ours": known["mean"],
        "ours_min": known["min"],
        "ours_max": known["max"],
        "difference": difference,
        "tolerance": tolerance,
        "verdict": "within" if within else "outside",
    }
