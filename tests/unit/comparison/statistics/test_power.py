import numpy as np
import pytest

from paribus.comparison.statistics.power import seeds_needed, t_test_power, tost_power


def with_moments(mean: float, deviation: float) -> np.ndarray:
    """Four differences with just these moments."""
    shape_S = np.array([-1.0, -1.0, 1.0, 1.0]) * np.sqrt(3 / 4)
    return mean + deviation * shape_S


def test_a_mean_beyond_the_margin_is_found_as_a_difference() -> None:
    num = seeds_needed(with_moments(0.5, 1), margin=0.1, level=0.95)
    assert num is not None
    assert t_test_power(num, 0.5, 0.95) >= 0.8 > t_test_power(num - 1, 0.5, 0.95)
    assert seeds_needed(with_moments(-0.5, 1), margin=0.1, level=0.95) == num


def test_a_mean_within_the_margin_takes_the_shorter_way() -> None:
    num = seeds_needed(with_moments(0.1, 1), margin=1, level=0.95)
    assert num is not None
    assert tost_power(num, 0.1, 1, 0.95) >= 0.8 > tost_power(num - 1, 0.1, 1, 0.95)
    assert seeds_needed(with_moments(0.95, 1), margin=1, level=0.95) == seeds_needed(with_moments(0.95, 1), 0, 0.95)


def test_stricter_levels_and_more_power_need_more_seeds() -> None:
    diff_S = with_moments(0.5, 1)
    plain = seeds_needed(diff_S, 0, 0.95)
    assert plain is not None
    assert plain < (seeds_needed(diff_S, 0, 0.9875) or 0)


def test_a_huge_effect_needs_two_pairs() -> None:
    assert seeds_needed(with_moments(100, 1), 0, 0.95) == 2
    assert seeds_needed(with_moments(0.1, 1), 100, 0.95) == 2


def test_units_do_not_matter() -> None:
    diff_S = with_moments(0.2, 1)
    assert seeds_needed(diff_S, 0.5, 0.95) == seeds_needed(diff_S * 1e-4, 0.5e-4, 0.95)


@pytest.mark.parametrize("diff_S", [[], [0.1], [0.1, 0.1, 0.1], [0.0, 0.0], [-1.0, 1.0], [-1.0, 1.001]])
def test_none_where_nothing_can_be_said_or_too_many_are_needed(diff_S: list[float]) -> None:
    assert seeds_needed(diff_S, 0, 0.95) is None
