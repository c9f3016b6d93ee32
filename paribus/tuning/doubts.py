"""Reasons to doubt the winner of a search."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from paribus.spec.tune import Range, Space

EDGE = 0.05
"""Share of a range, on its own scale, that counts as its edge."""


def at_edge(space: Space, found: Mapping[str, Any]) -> list[str]:
    """Paths whose best value lies at the end of its range, or is the least or greatest of three or more numbers.

    Args:
        space: what was searched.
        found: the winner's values by path.

    Source: Godbole et al. (2023), Deep Learning Tuning Playbook, "Identifying bad search space boundaries".
    """
    return [path for path, values in space.items() if _is_at_edge(values, found[path])]


def _is_at_edge(values: Range | tuple[Any, ...], found: Any) -> bool:
    if isinstance(values, Range):
        low, high, at = (math.log(x) if values.log else float(x) for x in (values.low, values.high, found))
        return not EDGE < (at - low) / (high - low) < 1 - EDGE
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return len(numbers) == len(values) > 2 and found in (min(numbers), max(numbers))
