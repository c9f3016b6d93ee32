"""The time that training will take."""

from __future__ import annotations

import pytest

from paribus.planning.estimate import OVERHEAD_S, RATE, calibration, predicted_time_s


def test_arithmetic_and_overhead_add_up() -> None:
    """250 rows in batches of 100 are 3 steps an epoch; 6 operations a parameter and row."""
    assert predicted_time_s(1000, 250, 4, 100) == pytest.approx(6e6 / RATE + 12 * OVERHEAD_S)
    assert predicted_time_s(1000, 300, 4, 100) == pytest.approx(7.2e6 / RATE + 12 * OVERHEAD_S)


def test_the_machine_of_the_design_is_predicted_within_a_factor_of_two() -> None:
    """784-256-256-10, batch 128, one epoch of 60,000 took 0.67 s stacked; 784-128-64-10 at batch 32 took 0.47 s."""
    assert 0.33 < predicted_time_s(269_322, 60_000, 1, 128) * 1.0 < 3.4
    assert 0.23 < predicted_time_s(109_386, 60_000, 1, 32) < 0.94


def test_calibration_is_the_ratio_of_the_sums() -> None:
    assert calibration([3.0, 1.0], [1.0, 1.0]) == 2.0
    assert calibration([], []) is None
    assert calibration([1.0], [0.0]) is None
