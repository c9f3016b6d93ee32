"""What a reader must doubt where one side of a contrast was found by a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from paribus.comparison.caveats import caveat
from paribus.comparison.verdicts import Contrast

DIVERGED_SHARE = 0.1
"""Share of diverged trials above which a reader is told."""


def search_caveats(contrast: Contrast, record: Mapping[str, Any]) -> list[str]:
    """Caveats of a contrast with a tuned level: the edge of a range, unequal budgets, trials that diverged.

    Args:
        contrast: of a level with its reference.
        record: of the study, as the store keeps it.
    """
    tuning = record.get("tuning")
    if not tuning:
        return []
    sides = [contrast.places(level) for level in (contrast.level, contrast.reference)]
    tuned = [any(_is_tuned(record, *place) for place in places.items()) for places in sides]
    if not any(tuned):
        return []
    trials, diverged = len(tuning["trials"]), tuning["diverged"]
    found = [("C11", f"the search's best {path} lies at the edge of its range: widen it") for path in tuning["edges"]]
    if not all(tuned):
        found.append(("C12", f"one side was chosen among {trials} trials, the other was not tuned"))
    if diverged > DIVERGED_SHARE * trials:
        found.append(("C13", f"{diverged} of {trials} trials of the search diverged"))
    return [caveat(code, detail) for code, detail in found]


def _is_tuned(record: Mapping[str, Any], factor: str, label: str) -> bool:
    levels = record["spec"]["factors"][factor]["levels"]
    return isinstance(levels, dict) and "tuned" in levels[label]
