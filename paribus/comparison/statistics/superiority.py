"""How often one variant beats another."""

from __future__ import annotations

from math import inf, nan, sqrt

import numpy as np
import scipy
from numpy.typing import ArrayLike

from paribus.comparison.statistics.intervals import Interval, percentile_interval

ALPHA, POWER = 0.05, 0.95
"""Chance of claiming a win where there is none, one-sided; and of finding one."""


def p_superior(a_S: ArrayLike, b_S: ArrayLike, *, rng: np.random.Generator) -> tuple[float, Interval]:
    """The probability that a run of A beats the run of B with the same seed.

    Args:
        a_S: scores of A where higher is better, shape (seed,); turn the sign of a loss.
        b_S: scores of B for the same seeds, shape (seed,).
        rng: where the resamples come from.

    Returns:
        The share of pairs that A wins, a tie counting half, and its 95 % percentile bootstrap interval. If A wins all
        pairs the interval is 1 to 1, however few they are. All nan without pairs.

    Source: Bouthillier et al. (2021), arXiv 2103.03098, the probability of outperforming, P(A > B).
    """
    win_S = (np.sign(np.asarray(a_S, dtype=np.float64) - np.asarray(b_S, dtype=np.float64)) + 1) / 2
    share = float(win_S.mean()) if len(win_S) else nan
    return share, percentile_interval(win_S, rng=rng)


def seeds_for_superiority(p: float) -> float:
    """How many pairs find in 95 of 100 cases that one variant wins with probability `p`; infinite at one half.

    Args:
        p: the true share of wins.

    Source: Noether (1987), as in Bouthillier et al. (2021), arXiv 2103.03098, appendix C: 29 pairs for p = 0.75.
    """
    distance = abs(p - 0.5)
    if not distance:
        return inf
    return ((scipy.stats.norm.isf(ALPHA) + scipy.stats.norm.ppf(POWER)) / (sqrt(6) * distance)) ** 2
