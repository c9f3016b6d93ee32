"""The rule by which two sides are said to learn the same."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.equal import equivalence

OURS, PEER = [0.90, 0.92], [0.91, 0.93]
"""Each has variance 2e-4, so the standard error is sqrt(2e-4), with 2 degrees of freedom."""

ERROR = math.sqrt(2e-4)
QUANTILE = 0.9 * math.sqrt(2 / (4 * 0.95 * 0.05))
"""Student's t with 2 degrees of freedom: (2p - 1) * sqrt(2 / (4p(1 - p))) at p = 0.95."""


def upper_tail(t: float) -> float:
    """With 2 degrees of freedom."""
    return 0.5 - t / (2 * math.sqrt(2 + t**2))


def test_the_numbers_are_those_computed_by_hand() -> None:
    found = equivalence(OURS, PEER, margin=0.05)
    assert found.difference == pytest.approx(-0.01)
    assert found.low == pytest.approx(-0.01 - QUANTILE * ERROR)
    assert found.high == pytest.approx(-0.01 + QUANTILE * ERROR)
    assert found.p_value == pytest.approx(upper_tail((0.05 - 0.01) / ERROR))


@pytest.mark.parametrize(("beyond", "holds"), [(1e-6, True), (-1e-6, False)])
def test_it_holds_exactly_when_the_interval_lies_within_the_margin(beyond: float, holds: bool) -> None:
    assert equivalence(OURS, PEER, margin=0.01 + QUANTILE * ERROR + beyond).holds is holds


def test_unequal_variances_take_welchs_degrees_of_freedom() -> None:
    ours, peer = [0.0, 0.1, 0.2], [0.3, 0.3 + 1e-9]  # the second's share of the variance vanishes: 2 degrees of freedom
    error = math.sqrt(0.01 / 3)
    found = equivalence(ours, peer, margin=0.3)
    assert found.high - found.low == pytest.approx(2 * QUANTILE * error, rel=1e-6)


def test_the_sides_may_be_exchanged() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.9, 0.01, 5), rng.normal(0.91, 0.003, 5)
    there, back = equivalence(a, b, 0.02), equivalence(b, a, 0.02)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    assert there.p_value == pytest.approx(back.p_value)
