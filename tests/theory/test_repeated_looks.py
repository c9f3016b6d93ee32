"""Verdicts that are looked for again and again: Pocock's table, and errors and savings of simulated studies."""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from paribus.comparison.statistics.power import t_test_power
from paribus.comparison.statistics.sequential import nominal_level, overall_p
from paribus.comparison.verdicts import Pairing, Verdict, judge

LOOKS = (5, 10, 20)
NUM = 2000


@pytest.mark.parametrize(("num", "bound"), [(1, 1.960), (2, 2.178), (3, 2.289), (4, 2.361), (5, 2.413), (10, 2.555)])
def test_pococks_bounds(num: int, bound: float) -> None:
    """Jennison & Turnbull (2000), Group Sequential Methods, table 2.1, alpha = 0.05."""
    level = nominal_level(0.95, range(1, num + 1))
    assert stats.norm.isf((1 - level) / 2) == pytest.approx(bound, abs=5e-4)


@pytest.mark.parametrize("looks", [(5,), LOOKS, (3, 4, 11, 30)])
@pytest.mark.parametrize("level", [0.95, 0.9875, 0.5])
def test_p_and_level_are_each_others_inverse(looks: Sequence[int], level: float) -> None:
    assert overall_p(1 - nominal_level(level, looks), looks) == pytest.approx(1 - level, rel=1e-6)


def test_chance_of_a_small_p_at_some_look_counted_over_random_walks() -> None:
    rng = np.random.default_rng(1)
    walk = rng.normal(size=(40_000, 20)).cumsum(1)[:, np.array(LOOKS) - 1] / np.sqrt(LOOKS)
    smallest = 2 * stats.norm.sf(np.abs(walk)).min(axis=1)
    for p in (0.002, 0.02, 0.2):
        assert overall_p(p, LOOKS) == pytest.approx(np.mean(smallest <= p), rel=4 / np.sqrt(40_000 * p))


@pytest.mark.parametrize("looks", [(256, 257), (5, 10, 20, 40, 80, 160, 161), (10, 320, 321)])
def test_looks_that_are_close_to_each_other(looks: Sequence[int]) -> None:
    """By SciPy's distribution of the standardized sums, whose correlations are the roots of the looks' ratios."""
    level = nominal_level(0.95, looks)
    bound_L = np.full(len(looks), stats.norm.isf((1 - level) / 2))
    rising = np.sqrt(np.minimum.outer(looks, looks) / np.maximum.outer(looks, looks))
    inside = stats.multivariate_normal(cov=rising, seed=0).cdf(bound_L, lower_limit=-bound_L)
    assert 1 - inside == pytest.approx(0.05, abs=2e-4)


def climb(gain_S: np.ndarray, margin: float) -> tuple[Verdict, int]:
    """The verdict of one level alone, and how many seeds it took."""
    level = nominal_level(0.95, LOOKS)
    verdict: Verdict = "undecided"
    for look in LOOKS:
        verdict = judge(gain_S[:look], level=level, margin=margin)
        if verdict != "undecided":
            return verdict, look
    return verdict, LOOKS[-1]


def error(share: float) -> float:
    return float(np.sqrt(share * (1 - share) / NUM))


def test_wrong_better_or_worse_stays_below_five_percent_in_spite_of_three_looks() -> None:
    rng = np.random.default_rng(2)
    found = [climb(rng.normal(0, 1, 20), margin=0)[0] for _ in range(NUM)]
    wrong = np.mean([verdict in ("better", "worse") for verdict in found])
    assert 0.035 < wrong <= 0.05 + 3 * error(0.05)
    gain_DS = rng.normal(size=(NUM, 20))
    naive = np.min([stats.ttest_1samp(gain_DS[:, :look], 0, axis=1).pvalue for look in LOOKS], axis=0)
    assert np.mean(naive < 0.05) > 0.09  # what it would be without the correction


@pytest.mark.parametrize(("looks", "known"), [(LOOKS, 0.0533), ((3, 6, 12, 20), 0.0550)])
def test_t_tests_are_wrong_little_oftener_than_the_normal_sums_of_the_boundary(
    looks: Sequence[int], known: float
) -> None:
    """The figures stand in docs/design/seed-ladder.md."""
    level, gain_DS = nominal_level(0.95, looks), np.random.default_rng(0).normal(size=(100_000, looks[-1]))
    wrong_D = np.zeros(len(gain_DS), bool)
    for look in looks:
        t_D = gain_DS[:, :look].mean(1) / gain_DS[:, :look].std(1, ddof=1) * np.sqrt(look)
        wrong_D |= np.abs(t_D) > stats.t.ppf((1 + level) / 2, look - 1)
    assert wrong_D.mean() == pytest.approx(known, abs=3 * np.sqrt(known / 100_000))
    assert wrong_D.mean() < 0.0575


def test_wrong_equivalent_stays_below_five_percent() -> None:
    rng = np.random.default_rng(3)
    found = [climb(rng.normal(1, 1, 20), margin=1)[0] for _ in range(NUM)]
    assert 0.005 < np.mean([verdict == "equivalent" for verdict in found]) <= 0.05


@pytest.mark.parametrize("margin", [0.5, 0.7])
def test_a_planted_effect_of_twice_the_margin_is_found_with_fewer_trainings(margin: float) -> None:
    """The margin is in deviations of the paired differences; from 0.5 on ten seeds find it four times in five."""
    rng = np.random.default_rng(4)
    at_once = [judge(rng.normal(2 * margin, 1, 10), level=0.95, margin=margin) for _ in range(NUM)]
    assert np.mean([verdict == "better" for verdict in at_once]) > 0.8 - 3 * error(0.8)
    found = [climb(rng.normal(2 * margin, 1, 20), margin) for _ in range(NUM)]
    share = np.mean([verdict == "better" for verdict, _ in found])
    as_sure = next(num for num in range(2, 100) if t_test_power(num, 2 * margin, 0.95) >= share - error(share))
    assert share > 0.95
    assert np.mean([look for _, look in found]) < 0.85 * as_sure


def test_first_seeds_of_a_pairing() -> None:
    pairing = Pairing(factor="a", level="b", reference="c", level_S=[1, 2, 3], reference_S=[4, 5, 6])
    assert (list(pairing.first(2).level_S), list(pairing.first(2).reference_S)) == ([1, 2], [4, 5])
