"""What `docs/design/evidence.md` says of the verdicts, beside what `test_error_rates.py` counts.

Bounds allow for four standard errors of the count, or the count is so large that these fit below the bound.
"""

from pathlib import Path

import numpy as np
import pytest
from evidence import NOISES, PAGE, differences, half_width, rare_failure, verdicts, write_page
from scipy import stats

from paribus.comparison.statistics.intervals import t_interval
from paribus.comparison.statistics.power import t_test_power
from paribus.comparison.statistics.significance import step_down_levels
from paribus.comparison.verdicts import compare_pairings, judge
from tests.made_up import pairings_of

NUM = 2000
MANY = 32_000
EVEN = ["normal", "tied", "heavy-tailed", "skewed"]


def error(share: float, num: int = NUM) -> float:
    return float(np.sqrt(share * (1 - share) / num))


def alarms(gain_DKS: np.ndarray) -> float:
    """The share of studies in which a difference is claimed of any level; p values by SciPy.

    An interval at 95 % or more cannot exclude 0 where p is above 0.05, so these are not judged.
    """
    p_DK = stats.ttest_1samp(gain_DKS, 0, axis=2).pvalue
    found = np.zeros(len(gain_DKS), dtype=bool)
    for study, level in zip(*np.nonzero(p_DK < 0.06), strict=True):
        confidence = step_down_levels(p_DK[study])[level]
        found[study] |= judge(gain_DKS[study, level], level=confidence, margin=0.1) in ("better", "worse")
    return float(found.mean())


def claims(verdict: str, gain_DS: np.ndarray, margin: float) -> float:
    return float(np.mean([judge(gain_S, level=0.95, margin=margin) == verdict for gain_S in gain_DS]))


@pytest.mark.parametrize("name", NOISES)
def test_simulated_differences_have_the_moments_they_should(name: str) -> None:
    first, second = differences(NOISES[name], np.random.default_rng(1), (100_000, 2, 1))[..., 0].T
    shared = 0.1 if name == "skewed, level only" else 0.5  # the reference's part of the variance
    assert first.mean() == pytest.approx(0, abs=4 * error(0.5, 25_000))  # 4 / sqrt(100,000)
    assert first.std() == pytest.approx(1, abs=0.05)
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(shared, abs=0.05)


@pytest.mark.parametrize(("name", "num_seeds"), [("normal", 29), *((name, 5) for name in EVEN[1:])])
def test_t_interval_covers_even_noise(name: str, num_seeds: int) -> None:
    gain_DS = differences(NOISES[name], np.random.default_rng(2), (NUM, 1, num_seeds))[:, 0]
    intervals = [t_interval(gain_S) for gain_S in gain_DS]
    covered = np.mean([one.low <= 0 <= one.high for one in intervals])
    assert 0.93 < covered < (0.97 if name == "normal" else 0.99)


@pytest.mark.parametrize("num_seeds", [5, 10, 29])
def test_family_wise_error_is_at_most_what_was_promised(num_seeds: int) -> None:
    found = alarms(differences(NOISES["normal"], np.random.default_rng(3), (MANY, 4, num_seeds)))
    assert 0.05 + 4 * error(0.05, MANY) < 0.055
    assert 0.03 < found < 0.055


@pytest.mark.parametrize("name", EVEN[1:])
def test_family_wise_error_of_other_even_noise(name: str) -> None:
    found = alarms(differences(NOISES[name], np.random.default_rng(4), (NUM, 4, 10)))
    assert 0.01 < found < 0.05 + 4 * error(0.05)


@pytest.mark.parametrize(("num_seeds", "size"), [(5, 0.9), (10, 1.1), (29, 1.3)])  # where mistakes are most frequent
def test_equivalence_is_rarely_claimed_at_the_margin(num_seeds: int, size: float) -> None:
    margin = size * half_width(num_seeds)
    gain_DS = differences(NOISES["normal"], np.random.default_rng(5), (NUM, 1, num_seeds))[:, 0]
    assert 0.01 < claims("equivalent", gain_DS - margin, margin) < 0.025 + 4 * error(0.025)


@pytest.mark.parametrize(("num_seeds", "size"), [(10, 1.5), (29, 1.75)])
def test_equivalence_is_rarely_claimed_of_any_of_four_at_the_margin(num_seeds: int, size: float) -> None:
    margin = size * half_width(num_seeds)
    gain_DKS = differences(NOISES["normal"], np.random.default_rng(6), (NUM, 4, num_seeds)) - margin
    assert 0.01 < np.mean(["equivalent" in verdicts(gain_KS, margin) for gain_KS in gain_DKS]) < 0.055


def test_baseline_against_itself() -> None:
    """12 factors with one level each: every factor keeps its 5 %, all as one family would too, the study does not."""
    gain_DKS = differences(NOISES["normal"], np.random.default_rng(7), (NUM, 12, 10))
    each = [alarms(gain_DKS[:, [k]]) for k in range(12)]
    assert max(each) < 0.05 + 4 * error(0.05)
    assert alarms(gain_DKS) < 0.05 + 4 * error(0.05)
    p_DK = stats.ttest_1samp(gain_DKS, 0, axis=2).pvalue
    assert np.mean((p_DK < 0.05).any(axis=1)) > 0.25


@pytest.mark.parametrize(("margin", "verdict"), [(0.1, "equivalent"), (0, "undecided")])
def test_the_same_runs_under_another_name_never_differ(margin: float, verdict: str) -> None:
    score_S = np.random.default_rng(8).normal(size=10).tolist()
    scores = dict.fromkeys(("baseline", "again", "once more"), score_S)
    pairings = pairings_of("name", "baseline", scores)
    contrasts = compare_pairings(pairings, metric="x", margin=margin, higher_is_better=True)
    assert [contrast.verdict for contrast in contrasts] == [verdict] * 2


@pytest.mark.parametrize("name", EVEN)
def test_ten_seeds_find_twice_the_margin_if_it_is_half_a_deviation(name: str) -> None:
    gain_DS = differences(NOISES[name], np.random.default_rng(9), (NUM, 1, 10))[:, 0]
    assert claims("better", gain_DS + 2 * 0.5, 0.5) > 0.8 - 4 * error(0.8)
    assert claims("better", gain_DS + 2 * 0.75, 0.75) > 0.9
    assert claims("better", gain_DS + 2 * 0.35, 0.35) < 0.7  # as the page says: not if it is smaller


def test_power_that_is_computed_is_the_power_that_is_found() -> None:
    gain_DS = differences(NOISES["normal"], np.random.default_rng(10), (NUM, 1, 10))[:, 0]
    for margin in (0.35, 0.5, 0.75):
        power = t_test_power(10, 2 * margin, 0.95)
        assert claims("better", gain_DS + 2 * margin, margin) == pytest.approx(power, abs=4 * error(power))


def test_what_fails_fails_as_the_page_says() -> None:
    rng = np.random.default_rng(11)
    one_sided = alarms(differences(NOISES["skewed, level only"], rng, (NUM, 4, 10)))
    assert one_sided > 0.05 + 4 * error(0.05)
    unseen = 0.95**10
    assert claims("equivalent", rare_failure(rng, (NUM, 10)), 1) == pytest.approx(unseen, abs=4 * error(unseen))


def test_the_page_carries_the_words_of_its_script(tmp_path: Path) -> None:
    write_page(tmp_path / "page.md", 2)
    kept, made = (page.read_text(encoding="utf-8").splitlines() for page in (PAGE, tmp_path / "page.md"))
    assert len(kept) == len(made)
    apart = [(old, new) for old, new in zip(kept, made, strict=True) if old != new and not old.startswith("| ")]
    assert len(apart) == 1  # the one that tells the number of studies
    assert "2,000 studies" in apart[0][0]
