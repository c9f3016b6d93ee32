"""What the verdicts promise, counted over simulated studies. Bounds allow for four standard errors of the count."""

import numpy as np
import pytest
from scipy import stats

from paribus.comparison.statistics.intervals import bca_interval, t_interval
from paribus.comparison.statistics.power import seeds_needed, t_test_power, tost_power
from paribus.comparison.statistics.significance import paired_t_p, sign_flip_p, step_down_levels
from paribus.comparison.statistics.superiority import p_superior
from paribus.comparison.verdicts import judge

NUM = 2000


def error(share: float, num: int = NUM) -> float:
    return float(np.sqrt(share * (1 - share) / num))


def verdicts(gain_KS: np.ndarray, margin: float) -> list[str]:
    levels = step_down_levels([paired_t_p(gain_S) for gain_S in gain_KS])
    return [judge(gain_S, level=level, margin=margin) for gain_S, level in zip(gain_KS, levels, strict=True)]


@pytest.mark.parametrize("num_seeds", [5, 10])
def test_t_interval_covers(num_seeds: int) -> None:
    rng = np.random.default_rng(1)
    intervals = [t_interval(rng.normal(3, 2, num_seeds)) for _ in range(NUM)]
    covered = np.mean([i.low <= 3 <= i.high for i in intervals])
    assert covered == pytest.approx(0.95, abs=4 * error(0.95))


def test_bca_interval_covers_with_many_pairs_and_falls_short_with_few() -> None:
    rng = np.random.default_rng(2)

    def covered(num: int) -> float:
        intervals = [bca_interval(rng.normal(3, 2, num), rng=rng, draws=400) for _ in range(500)]
        return float(np.mean([i.low <= 3 <= i.high for i in intervals]))

    assert covered(60) > 0.95 - 4 * error(0.95, 500)
    assert 0.75 < covered(5) < 0.93  # why the verdict rests on t


@pytest.mark.parametrize("num_seeds", [5, 10])
def test_family_wise_error_without_any_difference(num_seeds: int) -> None:
    """Levels share their reference's runs, so their differences correlate."""
    rng = np.random.default_rng(3)
    alarms = 0
    for _ in range(NUM):
        scores = rng.normal(size=(5, num_seeds))
        alarms += any(v in ("better", "worse") for v in verdicts(scores[1:] - scores[0], margin=0.1))
    assert 0.02 < alarms / NUM <= 0.05 + 4 * error(0.05)


def test_family_wise_error_beside_a_real_difference() -> None:
    """Holm's point: rejecting what is false must not loosen the rest too much."""
    rng = np.random.default_rng(4)
    alarms, hits = 0, 0
    for _ in range(NUM):
        found = verdicts(rng.normal(size=(4, 8)) + np.array([[5.0], [0.0], [0.0], [0.0]]), margin=0)
        hits += found[0] == "better"
        alarms += any(v in ("better", "worse") for v in found[1:])
    assert hits > 0.99 * NUM
    assert 0.03 < alarms / NUM <= 0.05 + 4 * error(0.05)


def test_equivalence_is_rarely_claimed_of_a_difference_as_large_as_the_margin() -> None:
    rng = np.random.default_rng(5)
    claims = sum(judge(rng.normal(1, 1, 10), level=0.95, margin=1) == "equivalent" for _ in range(NUM))
    assert 0.005 < claims / NUM <= 0.025 + 4 * error(0.025)


def test_sign_flip_p_is_below_alpha_no_oftener_than_alpha() -> None:
    rng = np.random.default_rng(6)
    p = np.array([sign_flip_p(rng.normal(size=8), rng=rng) for _ in range(NUM)])
    for alpha in (2 / 256, 12 / 256, 128 / 256):  # attainable, so reached exactly
        assert np.mean(p <= alpha) == pytest.approx(alpha, abs=4 * error(alpha))


def test_p_superior_finds_the_normal_probability() -> None:
    rng = np.random.default_rng(7)
    share, interval = p_superior(rng.normal(1, 1, NUM), rng.normal(0, 1, NUM), rng=rng)
    truth = stats.norm.cdf(1 / np.sqrt(2))
    assert share == pytest.approx(truth, abs=4 * error(truth))
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * error(truth), rel=0.1)


@pytest.mark.parametrize(("effect", "num", "level"), [(1.0, 10, 0.95), (0.7, 12, 0.9875), (2.0, 4, 0.95)])
def test_power_to_find_a_difference(effect: float, num: int, level: float) -> None:
    gain_DS = np.random.default_rng(8).normal(effect, 1, (20_000, num))
    reach = stats.t.ppf((1 + level) / 2, num - 1)
    found = np.mean(gain_DS.mean(axis=1) > reach * gain_DS.std(axis=1, ddof=1) / np.sqrt(num))
    assert t_test_power(num, effect, level) == pytest.approx(found, abs=4 * error(found, 20_000))


@pytest.mark.parametrize(("effect", "margin", "num"), [(0.0, 1.0, 12), (0.3, 1.0, 20), (0.0, 1.0, 5), (0.0, 3.0, 3)])
def test_power_to_show_equivalence(effect: float, margin: float, num: int) -> None:
    gain_DS = np.random.default_rng(9).normal(effect, 1, (20_000, num))
    half = stats.t.ppf(0.975, num - 1) * gain_DS.std(axis=1, ddof=1) / np.sqrt(num)
    found = np.mean(np.abs(gain_DS.mean(axis=1)) + half < margin)
    assert tost_power(num, effect, margin, 0.95) == pytest.approx(found, abs=4 * error(found, 20_000))


@pytest.mark.parametrize(("mean", "margin", "verdict"), [(0.8, 0.1, "better"), (0.1, 1.0, "equivalent")])
def test_the_seeds_asked_for_decide_four_times_in_five(mean: float, margin: float, verdict: str) -> None:
    pilot = mean + np.array([-1.0, -1.0, 1.0, 1.0]) * np.sqrt(3 / 4)
    num = seeds_needed(pilot, margin, 0.95)
    assert num is not None
    rng = np.random.default_rng(10)
    for seeds, enough in ((num, True), (num - 2, False)):
        share = np.mean([judge(rng.normal(mean, 1, seeds), level=0.95, margin=margin) == verdict for _ in range(NUM)])
        assert (share > 0.8 - 4 * error(0.8)) if enough else (share < 0.8 + 2 * error(0.8))
