"""The time that training will take."""

from __future__ import annotations

import pytest

from paribus.planning.estimate import OVERHEAD_S, PRIOR_S, RATE, Pace, fitted, predicted_time_s


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


def test_a_pace_is_that_of_the_runs_that_are_done() -> None:
    predicted_s = [20.0, 50.0, 200.0]
    pace = fitted([1.5 + 3 * second for second in predicted_s], predicted_s)
    assert pace
    assert pace.factor == pytest.approx(3, rel=0.01)
    assert pace.time_s(100.0, runs=4) == pytest.approx(306, rel=0.03)
    assert fitted([], []) is None


def test_short_runs_tell_what_starts_cost_and_nothing_of_long_ones() -> None:
    pace = fitted([0.5] * 50, [0.02] * 50)
    assert pace
    assert pace.time_s(20.0, runs=1000) == pytest.approx(500, rel=0.05)
    assert pace.time_s(1000.0, runs=10) == pytest.approx(1000, rel=0.05)


def test_starts_cost_nothing_and_paces_are_not_negative_where_times_say_so() -> None:
    pace = fitted([1.0, 100.0], [10.0, 20.0])
    assert pace
    assert pace.start_s == 0
    assert fitted([0.0], [PRIOR_S]) == Pace(0.0, 0.5)
