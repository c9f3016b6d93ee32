"""Which winners lie at the end of what was searched."""

from __future__ import annotations

from typing import Any

import pytest

from paribus.spec.tune import Tune
from paribus.tuning import at_edge

LOG = {"low": 1e-4, "high": 1.0, "log": True}  # 5 % of four powers of ten are a fifth of one


@pytest.mark.parametrize(
    ("values", "found", "expected"),
    [
        ({"low": 0.0, "high": 1.0}, 0.04, True),
        ({"low": 0.0, "high": 1.0}, 0.06, False),
        ({"low": 0.0, "high": 1.0}, 0.97, True),
        ({"low": -2.0, "high": 2.0}, -1.9, True),
        (LOG, 10**-3.85, True),
        (LOG, 10**-3.75, False),
        (LOG, 10**-0.15, True),
        (LOG, 0.05, False),  # near the low end of the linear scale, in the middle of its own
        ({"low": 1, "high": 4}, 1, True),
        ({"low": 1, "high": 4}, 2, False),
        ({"low": 1, "high": 4}, 4, True),
        ([1, 2, 3], 3, True),
        ([3, 1, 2], 2, False),  # the last of the list, but no end of it
        ([8, 16], 16, False),  # of two, both are ends
        (["relu", "tanh", "gelu"], "relu", False),
        ([False, True], True, False),
        ([None, 1, 2], 2, False),
    ],
)
def test_edges(values: Any, found: Any, expected: bool) -> None:
    space = Tune.model_validate({"space": {"path": values, "model.depth": [1, 2, 3]}}).space
    assert at_edge(space, {"path": found, "model.depth": 2}) == (["path"] if expected else [])
