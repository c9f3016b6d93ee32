"""Worked examples that others published."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from paribus.comparison.factorial import interactions, mean_scores
from paribus.comparison.statistics.intervals import bca_interval, t_interval
from paribus.comparison.statistics.power import t_test_power, tost_power
from paribus.comparison.statistics.significance import holm, mcnemar_p, paired_t_p, sign_flip_p, step_down_levels
from paribus.comparison.statistics.superiority import p_superior
from paribus.comparison.verdicts import compare_pairings, judge
from paribus.store.records.study import Level

# Student (1908), hours of sleep gained by ten patients with the second drug over the first; R data set `sleep`.
SLEEP = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]) - np.array(
    [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
)
# Darwin's maize, crossed minus self-fertilised in eighths of an inch; Fisher (1935), The Design of Experiments, ch. 3.
MAIZE = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48])


def test_students_sleep_data_as_r_prints_them() -> None:
    interval = t_interval(SLEEP)
    assert SLEEP.mean() == pytest.approx(1.58)
    assert paired_t_p(SLEEP) == pytest.approx(0.002833, abs=5e-7)
    assert (interval.low, interval.high) == pytest.approx((0.7001142, 2.4598858), abs=5e-8)


def test_fishers_count_for_darwins_maize() -> None:
    sums = np.array(list(product([1, -1], repeat=15))) @ MAIZE
    assert MAIZE.sum() == 314
    assert (sums >= 314).sum() == 863  # of 32,768, as Fisher counted
    exact = 2 * 863 / 2**15
    error = np.sqrt(exact * (1 - exact) / 100_000)
    assert sign_flip_p(MAIZE, rng=np.random.default_rng(1)) == pytest.approx(exact, abs=4 * error)


def test_fishers_t_test_of_darwins_maize() -> None:
    assert paired_t_p(MAIZE) == pytest.approx(0.0497, abs=5e-5)  # t = 2.148 with 14 degrees of freedom


def test_sign_flip_of_the_first_fourteen_is_exact() -> None:
    sums = np.array(list(product([1, -1], repeat=14))) @ MAIZE[:14]
    assert sign_flip_p(MAIZE[:14], rng=np.random.default_rng(1)) == np.mean(np.abs(sums) >= MAIZE[:14].sum())


def test_holm_as_documented_by_pingouin() -> None:
    np.testing.assert_allclose(holm([0.50, 0.003, 0.32, 0.054, 0.0003]), [0.64, 0.012, 0.64, 0.162, 0.0015])


def test_holms_steps_in_wikipedias_example() -> None:
    """Of four the last is rejected at 0.05 / 4 and the first at 0.05 / 3; the third is kept at 0.05 / 2."""
    p_K = [0.01, 0.04, 0.03, 0.005]
    np.testing.assert_allclose(1 - step_down_levels(p_K), 0.05 / np.array([3, 2, 2, 4]))
    assert (holm(p_K) <= 0.05).tolist() == [True, False, False, True]


def test_equivalence_of_the_sleep_data_as_printed_by_toster() -> None:
    """R package TOSTER, `t_TOST(extra ~ group, paired = TRUE, eqb = 1)`: 90 % interval and the larger p, 0.915."""
    interval = t_interval(SLEEP, 0.90)
    assert (interval.low, interval.high) == pytest.approx((0.8669947, 2.293005), abs=5e-7)
    assert paired_t_p(SLEEP - 1) == pytest.approx(2 * (1 - 0.9149441), abs=5e-7)
    centred = SLEEP - SLEEP.mean()  # so that no difference is found, and the half width alone decides
    half = (2.293005 - 0.8669947) / 2
    assert judge(centred, level=0.90, margin=half + 1e-6) == "equivalent"
    assert judge(centred, level=0.90, margin=half - 1e-6) == "undecided"


@pytest.mark.parametrize(("variation", "num_subjects", "power"), [(0.3, 40, 0.815845), (0.2, 20, 0.834680)])
def test_power_of_tost_as_printed_by_powertost(variation: float, num_subjects: int, power: float) -> None:
    """R package PowerTOST, `sampleN.TOST(CV)`: 2 x 2 crossover, ratio 0.95 within 0.8 to 1.25, 5 % on either side.

    Its t has two degrees of freedom fewer than subjects, so ours has one pair fewer and the same standard error.
    """
    num_pairs = num_subjects - 1
    scale = np.sqrt(np.log1p(variation**2) * 2 / num_subjects * num_pairs)
    found = tost_power(num_pairs, -np.log(0.95) / scale, np.log(1.25) / scale, 0.90)
    assert found == pytest.approx(power, abs=5e-5)


def test_power_as_documented_by_r() -> None:
    """`power.t.test(n = 20, delta = 1, sd = 1)`: two samples, so 38 degrees of freedom, as of 39 pairs."""
    assert t_test_power(39, np.sqrt(20 / 2 / 39), 0.95) == pytest.approx(0.8689528, abs=5e-8)


def test_power_as_documented_by_pwr() -> None:
    # R package pwr, example of pwr.t.test: one sample, d = 0.2, n = 60, sig.level = 0.10. It counts both tails.
    assert t_test_power(60, 0.2, 0.90) == pytest.approx(0.4555818, abs=2e-3)


@pytest.mark.parametrize(("effect", "num"), [(0.2, 199), (0.5, 34), (0.8, 15)])
def test_pairs_for_cohens_effects(effect: float, num: int) -> None:
    """The usual table: small, medium, large; two-sided 5 %, power 80 % (G*Power, matched pairs)."""
    assert t_test_power(num, effect, 0.95) >= 0.8 > t_test_power(num - 1, effect, 0.95)


def test_bca_of_air_conditioning_failures() -> None:
    """Davison & Hinkley (1997), example 5.8: 55.33 to 243.5 by 999 resamples, so one of many such pairs of ends."""
    hours = [3, 5, 7, 18, 43, 85, 91, 98, 100, 130, 230, 487]
    found = [bca_interval(hours, rng=np.random.default_rng(seed), draws=999) for seed in range(200)]
    for published, ends in ((55.33, [one.low for one in found]), (243.5, [one.high for one in found])):
        low, high = np.quantile(ends, [0.005, 0.995])
        assert low < published < high
        assert high - low < 0.25 * np.mean(ends)


def test_how_often_crossed_maize_wins() -> None:
    """Darwin (1876): the crossed plant is the taller in 13 of 15 pairs. The interval is that of 15 coins of 13/15."""
    share, interval = p_superior(MAIZE, np.zeros(15), rng=np.random.default_rng(4))
    assert share == 13 / 15
    expected = stats.binom.ppf([0.025, 0.975], 15, 13 / 15) / 15
    assert (interval.low, interval.high) == pytest.approx(tuple(expected))


def test_bca_of_a_mean_leans_with_the_skew() -> None:
    """DiCiccio & Efron (1996): the interval reaches further towards the long tail, and mirrored data mirror it."""
    skewed = np.random.default_rng(2).exponential(size=30)
    bca = bca_interval(skewed, rng=np.random.default_rng(3))
    mirrored = bca_interval(-skewed, rng=np.random.default_rng(3))
    assert bca.high - skewed.mean() > 1.1 * (skewed.mean() - bca.low)
    assert (mirrored.low, mirrored.high) == pytest.approx((-bca.high, -bca.low), rel=0.02)


# Montgomery, Design and Analysis of Experiments, ch. 6: yield of a chemical process at two concentrations of the
# reactant (A) and two amounts of catalyst (B), three replicates of a 2^2 design, in his notation of the treatments.
YIELD = {"(1)": [28.0, 25.0, 27.0], "a": [36.0, 32.0, 32.0], "b": [18.0, 19.0, 23.0], "ab": [31.0, 30.0, 29.0]}


def test_effects_of_montgomerys_chemical_process() -> None:
    cells = {("A", "-"): ["(1)", "b"], ("A", "+"): ["a", "ab"], ("B", "-"): ["(1)", "a"], ("B", "+"): ["b", "ab"]}
    levels = [Level(factor, label, tuple(names), is_reference=label == "-") for (factor, label), names in cells.items()]
    for factor, effect in (("A", 8.33), ("B", -5.00)):
        high, low = (np.array(mean_scores(cells[factor, side], YIELD), dtype=float) for side in "+-")
        assert np.mean(high - low) == pytest.approx(effect, abs=0.005)
    (both,) = compare_pairings(interactions(levels, YIELD), metric="yield", margin=0, higher_is_better=True)
    assert both.difference / 2 == pytest.approx(1.67, abs=0.005)  # he halves it


def test_mcnemars_test_of_agrestis_approval_ratings() -> None:
    """Agresti, Categorical Data Analysis, ch. 10: 1,600 Britons asked twice; 150 and 86 changed; z squared is 17.36."""
    first = np.repeat([True, True, False, False], [794, 150, 86, 570])
    second = np.repeat([True, False, True, False], [794, 150, 86, 570])
    assert pytest.approx(17.36, abs=0.005) == (86 - 150) ** 2 / (86 + 150)
    assert mcnemar_p(first, second) == pytest.approx(stats.chi2.sf(17.36, 1), rel=0.3)  # exact against large-sample
    assert mcnemar_p(first, second) == mcnemar_p(second, first)
