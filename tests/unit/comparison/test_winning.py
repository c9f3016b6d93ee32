"""Verdicts by the share of seeds won."""

import numpy as np
import pytest

from paribus.comparison.statistics.superiority import seeds_for_superiority
from paribus.comparison.verdicts import Contrast, compare_pairings
from paribus.comparison.winning import judge_by_wins
from paribus.comparison.words import sentence
from tests.made_up import pairings_of


def contrast(wins: int, losses: int) -> Contrast:
    gains = np.array([0.01] * wins + [-0.01] * losses) * np.linspace(1, 2, wins + losses)
    return judged(gains.tolist(), margin=0.0)


@pytest.mark.parametrize(
    ("wins", "losses", "verdict"),
    [
        (29, 0, "better"),
        (22, 7, "better"),
        (18, 11, "undecided"),
        (15, 14, "equivalent"),
        (2, 27, "worse"),
        (210, 190, "equivalent"),
        (260, 140, "equivalent"),  # above one half, but never 3 of 4
        (300, 100, "better"),
        (5, 0, "undecided"),  # a sign test's p is 0.0625
        (6, 0, "better"),  # 0.03125
        (0, 6, "worse"),
    ],
)
def test_verdicts(wins: int, losses: int, verdict: str) -> None:
    assert contrast(wins, losses).verdict == verdict


def test_the_published_number_of_seeds() -> None:
    """Bouthillier et al. (2021), appendix C: gamma = 0.75 takes 29 runs."""
    assert np.ceil(seeds_for_superiority(0.75)) == 29
    assert seeds_for_superiority(0.5) == np.inf
    assert seeds_for_superiority(0.25) == pytest.approx(seeds_for_superiority(0.75))


def test_the_sentence_says_how_often_it_wins() -> None:
    told = sentence(contrast(27, 2))
    assert told.startswith("f new is better than f old: test accuracy ")
    assert "; it wins 93 % of the seeds (95 % interval 8" in told
    assert sentence(contrast(210, 190)).startswith("f new is equivalent to f old in the share of seeds won: ")


def test_the_other_rules_doubts_are_left_out() -> None:
    """Nearly sure of a difference below the margin, but it wins no more than half of the seeds; and the reverse."""
    gains = [0.001] * 15 + [0.0012] * 15
    small = judged(gains, margin=0.01)
    assert (small.verdict, [text[:3] for text in small.caveats]) == ("better", ["C06"])
    even = judged([0.02] * 16 + [-0.0001] * 14, margin=0.03)
    assert (even.verdict, even.caveats) == ("equivalent", ())
    assert [text[:3] for text in judged([0.01, 0.02], margin=0.0).caveats] == ["C17"]


def judged(gains: list[float], margin: float) -> Contrast:
    scores = {"new": [0.8 + gain for gain in gains], "old": [0.8] * len(gains)}
    pairings = pairings_of("f", "old", scores)
    (found,) = compare_pairings(pairings, metric="test_accuracy", margin=margin, higher_is_better=True)
    return judge_by_wins(found)


def test_few_seeds_are_doubted_and_more_are_asked_for() -> None:
    found = contrast(6, 4)
    assert (found.verdict, found.seeds_needed) == ("undecided", 181)
    assert "C17 10 seeds, of 29" in found.caveats
    assert not [text for text in contrast(18, 11).caveats if text.startswith("C17")]
    assert sentence(found).endswith("about 181 seeds would be needed to decide")
