"""The time that training will take."""

from __future__ import annotations

import pytest

from paribus.planning.estimate import OVERHEAD_S, RATE, calibration, predicted_time_s


def test_arithmetic_and_overhead_add_up() -> None:
    """250 rows in batches of 100 are 3 steps an epoch; 6 operations a parameter and row."""
    assert predicted_time_s(2000, 250, 4, 100) == pytest.approx(6e6 / RATE + 12 * OVERHEAD_S)
    assert predicted_time_s(2000, 300, 4, 100) == pytest.approx(7.2e6 / RATE + 12 * OVERHEAD_S)


@pytest.mark.parametrize(("parameters", "batch_size", "measured_s"), [(269_322, 128, 0.67), (109_386, 32, 0.47)])
def test_an_epoch_of_60000_rows_is_predicted_within_a_factor_of_three(
    parameters: int, batch_size: int, measured_s: float
) -> None:
    """Against the design's measurements of 784-256-256-10 and 784-128-64-10, 8 stacked on one thread."""
    assert 1 / 3 < predicted_time_s(2 * parameters, 60_000, 1, batch_size) / measured_s < 3


def test_calibration_is_the_ratio_of_the_sums() -> None:
    assert calibration([3.0, 1.0], [1.0, 1.0]) == 2.0
    assert calibration([], []) is None
    assert calibration([1.0], [0.0]) is None
