from dataclasses import replace
from math import nan

import pytest

from paribus.comparison.verdicts import Contrast
from paribus.comparison.words import sentence

WORSE = Contrast(
    factor="depth", level="5", reference="2", metric="test_accuracy", margin=0.005, n=5, difference=-0.012,
    ci_low=-0.016, ci_high=-0.008, bca_low=-0.015, bca_high=-0.009, adjusted_low=-0.018, adjusted_high=-0.006,
    p_value=0.0625, p_adjusted=0.25, p_superior=0.0, p_superior_low=0.0, p_superior_high=0.0, verdict="worse",
    seeds_needed=None,
)  # fmt: skip
OPEN = replace(WORSE, verdict="undecided", difference=0.002, ci_low=-0.003, ci_high=0.007, seeds_needed=14)

PAIR = replace(
    WORSE, kind="interaction", factor="dropout × norm", level="0.3 × true", reference="0 × false",
    averaged_over=("depth", "width"),
)  # fmt: skip
OPEN_PAIR = replace(PAIR, verdict="undecided", difference=0.002, ci_low=-0.003, ci_high=0.007, seeds_needed=14)


@pytest.mark.parametrize(
    ("contrast", "text"),
    [
        (
            WORSE,
            "depth 5 is worse than depth 2: test accuracy 1.2 points lower (95 % interval 0.8 to 1.6, n = 5 seeds)",
        ),
        (
            replace(WORSE, kind="study", factor="width=8", level="new", reference="old"),
            "width=8 of new is worse than width=8 of old: test accuracy 1.2 points lower "
            "(95 % interval 0.8 to 1.6, n = 5 seeds)",
        ),
        (
            replace(WORSE, verdict="better", metric="test_loss", difference=-0.0123, ci_low=-0.0142, ci_high=-0.0104),
            "depth 5 is better than depth 2: test loss 0.012 lower (95 % interval 0.010 to 0.014, n = 5 seeds)",
        ),
        (
            replace(WORSE, verdict="equivalent", difference=0.0004, ci_low=-0.0012, ci_high=0.002, metric="f1_macro"),
            "depth 5 is equivalent to depth 2 within 0.5 points: macro F1 0.0 points higher "
            "(95 % interval 0.1 lower to 0.2 higher, n = 5 seeds)",
        ),
        (
            OPEN,
            "depth 5 against depth 2 is undecided: test accuracy 0.2 points higher (95 % interval 0.3 lower to 0.7 "
            "higher, n = 5 seeds); about 14 seeds would be needed to decide",
        ),
        (
            replace(OPEN, seeds_needed=None, ci_low=0.0006, ci_high=0.0034),
            "depth 5 against depth 2 is undecided: test accuracy 0.2 points higher (95 % interval 0.1 to 0.3, n = 5 "
            "seeds); corrected for the other comparisons the interval includes 0, and more than 1,000 seeds would be "
            "needed to decide",
        ),
        (
            replace(OPEN, n=1, ci_low=nan, ci_high=nan, difference=-0.00042),
            "depth 5 against depth 2 is undecided: test accuracy 0.04 points lower (n = 1 seed, no interval); at least "
            "2 seeds are needed for an interval",
        ),
        (
            replace(OPEN, n=0, ci_low=nan, ci_high=nan, difference=nan),
            "depth 5 against depth 2 is undecided: no seed has a finished run of both; at least 2 seeds are needed for "
            "an interval",
        ),
        (
            replace(WORSE, verdict="equivalent", difference=0.0, ci_low=0.0, ci_high=0.0),
            "depth 5 is equivalent to depth 2 within 0.5 points: test accuracy the same (n = 5 seeds, all alike)",
        ),
        (
            replace(OPEN, difference=0.002, ci_low=0.002, ci_high=0.002, seeds_needed=None),
            "depth 5 against depth 2 is undecided: test accuracy 0.2 points higher (n = 5 seeds, all alike); seeds "
            "that all differ by the same amount do not show how far to trust it",
        ),
        (
            replace(WORSE, averaged_over=("norm",)),
            "depth 5 is worse than depth 2, on average over norm: test accuracy 1.2 points lower (95 % interval 0.8 to "
            "1.6, n = 5 seeds)",
        ),
        (
            PAIR,
            "dropout 0.3 and norm true together do worse than the sum of their single effects, against dropout 0 and "
            "norm false, on average over depth and width: test accuracy 1.2 points below the sum (95 % interval 0.8 to "
            "1.6, n = 5 seeds)",
        ),
        (
            replace(
                PAIR,
                averaged_over=(),
                verdict="better",
                metric="test_loss",
                difference=-0.0123,
                ci_low=-0.0142,
                ci_high=-0.0104,
            ),
            "dropout 0.3 and norm true together do better than the sum of their single effects, against dropout 0 and "
            "norm false: test loss 0.012 below the sum (95 % interval 0.010 to 0.014, n = 5 seeds)",
        ),
        (
            replace(PAIR, averaged_over=(), verdict="equivalent", difference=0.0004, ci_low=-0.0012, ci_high=0.002),
            "dropout 0.3 and norm true are additive within 0.5 points, against dropout 0 and norm false: test accuracy "
            "0.0 points above the sum (95 % interval 0.1 lower to 0.2 higher, n = 5 seeds)",
        ),
        (
            OPEN_PAIR,
            "the interaction of dropout 0.3 and norm true against dropout 0 and norm false is undecided, on average "
            "over depth and width: test accuracy 0.2 points above the sum (95 % interval 0.3 lower to 0.7 higher, n = "
            "5 seeds); about 14 seeds would be needed to decide",
        ),
        (
            replace(OPEN_PAIR, averaged_over=(), seeds_needed=None, ci_low=0.0006, ci_high=0.0034),
            "the interaction of dropout 0.3 and norm true against dropout 0 and norm false is undecided: test accuracy "
            "0.2 points above the sum (95 % interval 0.1 to 0.3, n = 5 seeds); corrected for the other comparisons "
            "the interval includes 0, and more than 1,000 seeds would be needed to decide",
        ),
        (
            replace(OPEN_PAIR, averaged_over=(), n=0, ci_low=nan, ci_high=nan, difference=nan),
            "the interaction of dropout 0.3 and norm true against dropout 0 and norm false is undecided: no seed has "
            "all the runs that it takes; at least 2 seeds are needed for an interval",
        ),
    ],
)
def test_sentences(contrast: Contrast, text: str) -> None:
    assert sentence(contrast) == text
