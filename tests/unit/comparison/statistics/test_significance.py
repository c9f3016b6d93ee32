from itertools import product
from math import comb, isnan, nan

import numpy as np
import pytest
from scipy import stats

from paribus.comparison.statistics.intervals import t_interval
from paribus.comparison.statistics.significance import (
    holm,
    mcnemar_p,
    paired_t_p,
    sign_flip_p,
    smallest_p,
    step_down_levels,
)


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


@pytest.mark.parametrize("diff_S", [[1, 2, 3, 4, 5], [1, -2, 3, -4, 5, 0], [0, 0, 0], [2, 2, -2, 1, 0, 7, -3]])
def test_sign_flip_counts_all_patterns(diff_S: list[int]) -> None:
    sums = [
        abs(sum(s * d for s, d in zip(signs, diff_S, strict=True))) for signs in product([1, -1], repeat=len(diff_S))
    ]
    expected = np.mean([total >= abs(sum(diff_S)) for total in sums])
    assert sign_flip_p(diff_S, rng=rng()) == expected
    assert sign_flip_p(np.array(diff_S) * 0.1, rng=rng()) == expected  # ties survive rounding


def test_sign_flip_is_scipys_permutation_test() -> None:
    diff_S = rng().normal(0.4, 1, 12)
    scipy = stats.permutation_test((diff_S,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip_p(diff_S, rng=rng()) == pytest.approx(scipy.pvalue)


@pytest.mark.parametrize("num", [1, 5, 14])
def test_equal_signs_give_the_smallest_p(num: int) -> None:
    assert sign_flip_p(np.arange(1, num + 1), rng=rng()) == smallest_p(num) == 2 / 2**num


def test_smallest_p_of_drawn_patterns_and_of_nothing() -> None:
    assert sign_flip_p(np.arange(1, 61), rng=rng()) == smallest_p(60) == 1 / 100_001
    assert isnan(smallest_p(0))
    assert isnan(sign_flip_p([], rng=rng()))


@pytest.mark.parametrize("num", [15, 16, 17, 33])
def test_drawn_flips_are_coins_thrown_pair_by_pair(num: int) -> None:
    diff_S, coins = np.random.default_rng(num).integers(-9, 10, num) / 100, rng()
    sums = sum(value * coins.choice([-1.0, 1.0], 100_000) for value in np.sort(np.abs(diff_S)))
    extreme = np.abs(sums) >= abs(diff_S.sum()) - 1e-12
    assert 0.01 < extreme.mean() < 0.99
    assert sign_flip_p(diff_S, rng=rng()) == (extreme.sum() + 1) / 100_001


def test_paired_t_is_that_of_scipy() -> None:
    diff_S = rng().normal(0.4, 1, 8)
    assert paired_t_p(diff_S) == pytest.approx(stats.ttest_1samp(diff_S, 0).pvalue)
    assert paired_t_p(-diff_S) == pytest.approx(paired_t_p(diff_S))
    assert isnan(paired_t_p([0.1]))
    assert isnan(paired_t_p([0.1, 0.1, 0.1]))


def test_holm_leaves_nan_out() -> None:
    found = holm([0.01, nan, 0.04, 0.03])
    np.testing.assert_allclose(found, [0.03, nan, 0.06, 0.06])
    assert holm([]).shape == (0,)
    assert np.isnan(holm([nan, nan])).all()


def test_holm_stays_below_one_and_in_order() -> None:
    np.testing.assert_allclose(holm([0.9, 0.6, 0.4]), [1, 1, 1])


def test_step_down_levels_by_hand() -> None:
    # m = 4: 0.01 < 0.05/4 is rejected, 0.02 >= 0.05/3 is kept, and the rest are judged as it was.
    np.testing.assert_allclose(step_down_levels([0.04, 0.01, 0.02, nan, 0.03]), 1 - 0.05 / np.array([3, 4, 3, nan, 3]))
    np.testing.assert_allclose(step_down_levels([0.001, 0.002, 0.003]), 1 - 0.05 / np.array([3, 2, 1]))
    np.testing.assert_allclose(step_down_levels([0.02, 0.02]), [0.975, 0.975])  # equal p, equal level
    assert np.isnan(step_down_levels([nan])).all()


def test_interval_at_its_level_excludes_0_just_where_holm_rejects() -> None:
    seen = set()
    for seed in range(200):
        diff_KS = np.random.default_rng(seed).normal(0.9, 1, (4, 6))
        p_K = [paired_t_p(diff_S) for diff_S in diff_KS]
        intervals = [t_interval(d, level) for d, level in zip(diff_KS, step_down_levels(p_K), strict=True)]
        outside = [not found.low <= 0 <= found.high for found in intervals]
        assert outside == (holm(p_K) < 0.05).tolist()
        seen.add(sum(outside))
    assert seen == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(("only_one", "only_other"), [(1, 7), (7, 1), (4, 4), (0, 6), (10, 3)])
def test_mcnemar_doubles_the_smaller_tail_of_a_fair_coin(only_one: int, only_other: int) -> None:
    sizes = {(True, False): only_one, (False, True): only_other, (True, True): 9, (False, False): 5}
    one_B, other_B = (np.repeat([pair[side] for pair in sizes], list(sizes.values())) for side in (0, 1))
    num, least = only_one + only_other, min(only_one, only_other)
    tail = sum(comb(num, k) for k in range(least + 1)) / 2**num
    assert mcnemar_p(one_B, other_B) == pytest.approx(min(1, 2 * tail))


def test_mcnemar_of_networks_that_are_right_about_the_same_items_is_1() -> None:
    assert mcnemar_p(np.array([True, False]), np.array([True, False])) == 1
