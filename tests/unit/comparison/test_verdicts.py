from collections.abc import Mapping, Sequence
from math import isnan

import numpy as np
import pytest
from scipy import stats

from paribus.comparison.verdicts import Contrast, compare_pairings, judge
from paribus.errors import SpecError
from tests.made_up import pairings_of

BASE = [0.880, 0.883, 0.879, 0.884, 0.881, 0.882]
SCORES = {
    "2": BASE,
    "1": [s - d for s, d in zip(BASE, [0.020, 0.021, 0.019, 0.022, 0.018, 0.020], strict=True)],
    "3": [s + d for s, d in zip(BASE, [0.001, -0.001, 0.000, 0.001, -0.001, 0.0005], strict=True)],
    "5": [s + d for s, d in zip(BASE, [0.030, -0.020, 0.010, 0.015, -0.012, 0.004], strict=True)],
    "8": [s + d for s, d in zip(BASE, [0.010, 0.011, 0.009, 0.012, 0.010, 0.011], strict=True)],
}


def compare(
    scores: Mapping[str, Sequence[float | None]], margin: float = 0.005, higher_is_better: bool = True
) -> dict[str, Contrast]:
    pairings = pairings_of("depth", "2", scores)
    contrasts = compare_pairings(pairings, metric="accuracy", margin=margin, higher_is_better=higher_is_better)
    return {contrast.level: contrast for contrast in contrasts}


def codes(contrast: Contrast) -> list[str]:
    return [line[:3] for line in contrast.caveats]


def test_each_verdict_is_reached() -> None:
    verdicts = {level: contrast.verdict for level, contrast in compare(SCORES).items()}
    assert verdicts == {"1": "worse", "3": "equivalent", "5": "undecided", "8": "better"}


def test_numbers_are_those_of_scipy() -> None:
    found = compare(SCORES)["5"]
    test = stats.ttest_rel(SCORES["5"], SCORES["2"])
    assert found.difference == pytest.approx(np.mean(SCORES["5"]) - np.mean(BASE))
    assert (found.ci_low, found.ci_high) == pytest.approx(tuple(test.confidence_interval(0.95)))
    # p of 5 is the largest but one that Holm keeps: 1 and 8 are rejected, two levels remain.
    assert (found.adjusted_low, found.adjusted_high) == pytest.approx(tuple(test.confidence_interval(0.975)))
    assert found.p_superior == 4 / 6
    assert found.p_adjusted == min(1, 2 * found.p_value)
    assert found.ci_low < found.bca_low < found.difference < found.bca_high < found.ci_high
    assert found.seeds_needed is not None
    assert found.seeds_needed > found.n == 6


def test_a_loss_keeps_its_sign_and_turns_the_verdict() -> None:
    up, down = compare(SCORES), compare(SCORES, higher_is_better=False)
    assert {level: contrast.verdict for level, contrast in down.items()} == {
        "1": "better", "3": "equivalent", "5": "undecided", "8": "worse"
    }  # fmt: skip
    assert down["1"].difference == up["1"].difference < 0
    assert down["1"].p_superior == 1 - up["1"].p_superior == 1


def test_order_of_levels_and_seeds_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    scores = {level: rng.normal(0.8, 0.1, 20).tolist() for level in ("1", "2", "3", "5", "8")}
    order = rng.permutation(20)
    shuffled = {level: [scores[level][i] for i in order] for level in reversed(scores)}
    assert compare(scores) == compare(shuffled)


def test_equal_levels_get_streams_of_their_own() -> None:
    found = compare({**SCORES, "twin": SCORES["5"]})
    assert found["twin"].ci_low == found["5"].ci_low
    assert found["twin"].adjusted_low == found["5"].adjusted_low
    assert found["twin"].bca_low != found["5"].bca_low


def test_a_missing_run_takes_its_pair_along() -> None:
    scores = {"2": [None, *BASE[1:]], "8": [*SCORES["8"][:5], float("nan")]}
    found = compare(scores)["8"]
    expected = stats.ttest_rel(SCORES["8"][1:5], BASE[1:5]).confidence_interval(0.95)
    assert found.n == 4
    assert found.ci_low == pytest.approx(expected.low)
    assert "C02 2 of 6 pairs lack a finished run" in found.caveats


def test_a_single_pair_and_none() -> None:
    found = compare({"2": [0.8, 0.9], "one": [0.85, None], "gone": [None, None], "3": [0.81, 0.92]})
    assert (found["one"].n, found["one"].verdict, found["one"].seeds_needed) == (1, "undecided", None)
    assert found["one"].difference == pytest.approx(0.05)
    assert isnan(found["one"].ci_low)
    assert codes(found["one"]) == ["C02", "C08"]
    assert (found["gone"].n, found["gone"].verdict) == (0, "undecided")
    assert isnan(found["gone"].difference)
    assert isnan(found["gone"].p_adjusted)
    assert codes(found["gone"]) == ["C02"]
    # Levels that cannot be tested do not count against the one that can.
    assert found["3"].adjusted_low == found["3"].ci_low


def test_no_spread_is_no_proof() -> None:
    found = compare({"2": BASE, "shift": [s + 0.01 for s in BASE], "same": BASE})
    assert found["shift"].verdict == "undecided"
    assert found["same"].verdict == "equivalent"
    assert "C07" in codes(found["shift"])
    assert "C07" in codes(found["same"])
    assert compare({"2": BASE, "same": BASE}, margin=0)["same"].verdict == "undecided"


def test_few_seeds_are_named() -> None:
    six = compare(SCORES)["8"]
    assert "C01 with 6 seeds a sign-flip p is at least 0.03125, corrected for 4 comparisons 0.125" in six.caveats
    alone = compare({level: SCORES[level] for level in ("2", "8")})["8"]
    assert alone.caveats == ()


def test_a_decided_difference_within_the_margin_is_named() -> None:
    found = compare(SCORES, margin=0.015)["8"]
    assert found.verdict == "better"
    assert "C06" in codes(found)
    assert "C06" not in codes(compare(SCORES, margin=0.005)["8"])


def test_step_down_stops_at_the_first_that_fails() -> None:
    # Alone at 95 % the level is better; beside three that are not it must not be.
    rng = np.random.default_rng(0)
    diff_S = np.array([0.2, 0.6, 0.2, 0.9, 0.3, 0.0])
    noise = {f"noise {i}": (rng.normal(size=6) - rng.normal(size=6)).tolist() for i in range(3)}
    alone = compare({"2": [0.0] * 6, "x": diff_S.tolist()}, margin=0)["x"]
    among = compare({"2": [0.0] * 6, "x": diff_S.tolist(), **noise}, margin=0)["x"]
    assert (alone.verdict, among.verdict) == ("better", "undecided")
    assert among.adjusted_low < 0 < among.ci_low


@pytest.mark.parametrize(
    ("gain_S", "margin", "verdict"),
    [
        ([1.0, 1.2, 1.1], 0.0, "better"),
        ([-1.0, -1.2, -1.1], 9.0, "worse"),
        ([0.1, -0.1, 0.05, -0.05], 0.2, "equivalent"),
        ([0.1, -0.1, 0.05, -0.05], 0.1, "undecided"),
        ([0.0, 0.0], 0.1, "equivalent"),
        ([0.05, 0.05], 0.1, "undecided"),
        ([0.0], 0.1, "undecided"),
        ([], 0.1, "undecided"),
    ],
)
def test_judge(gain_S: list[float], margin: float, verdict: str) -> None:
    assert judge(gain_S, level=0.95, margin=margin) == verdict


def test_a_margin_below_0_is_refused() -> None:
    with pytest.raises(SpecError, match="margin is -1"):
        compare(SCORES, margin=-1)
