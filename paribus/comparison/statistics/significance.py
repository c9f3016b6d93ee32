"""P values of paired differences, and Holm's correction for comparing several levels."""

from __future__ import annotations

from math import nan, sqrt

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from paribus.comparison.statistics.intervals import deviation

EXACT_PAIRS = 14
NUM_FLIPS = 100_000
_TOGETHER = 16
"""Pairs whose sums are looked up, by a pattern that two bytes hold."""


def sign_flip_p(diff_S: ArrayLike, *, rng: np.random.Generator) -> float:
    """Two-sided p of "the sign of each difference is a coin flip", by the mean difference.

    All sign patterns are enumerated up to 14 pairs; above, 100,000 are drawn. Sums that agree up to rounding are ties
    and count as at least as extreme.

    Args:
        diff_S: paired differences, shape (seed,). Their order does not matter.
        rng: where the patterns come from above 14 pairs.

    Returns:
        The p value; nan without differences.

    Source: Fisher (1935), The Design of Experiments, ch. 3; drawn patterns counted as in Phipson & Smyth (2010).
    """
    values = np.sort(np.abs(np.asarray(diff_S, dtype=np.float64)))
    if not len(values):
        return nan
    least = abs(float(np.sum(diff_S))) - 1e-9 * float(values.sum())
    if len(values) <= EXACT_PAIRS:
        return float(np.mean(np.abs(_signed_sums(values)) >= least))
    drawn = np.zeros(NUM_FLIPS)
    for start in range(0, len(values), _TOGETHER):
        part = values[start : start + _TOGETHER]
        pattern = np.zeros(NUM_FLIPS, np.uint16)
        for place in range(len(part)):
            pattern |= rng.integers(2, size=NUM_FLIPS).astype(np.uint16) << place
        drawn += _signed_sums(part)[pattern]
    return float((np.count_nonzero(np.abs(drawn) >= least) + 1) / (NUM_FLIPS + 1))


def _signed_sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum under every pattern of signs: bit k of a sum's place is 1 where value k is added."""
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums - value, sums + value])
    return sums


def smallest_p(num_pairs: int) -> float:
    """The smallest p that `sign_flip_p` can give for so many pairs; nan for none.

    Source: the two patterns of equal signs among 2**n; Phipson & Smyth (2010) where patterns are drawn.
    """
    return max(2.0 ** (1 - num_pairs), 1 / (NUM_FLIPS + 1)) if num_pairs else nan


def paired_t_p(diff_S: ArrayLike) -> float:
    """Two-sided p of the paired t test; nan below 2 differences or where all are the same.

    Args:
        diff_S: paired differences, shape (seed,).

    Source: Student (1908), "The probable error of a mean".
    """
    values = np.asarray(diff_S, dtype=np.float64)
    spread = deviation(values)
    if not spread > 0:
        return nan
    t = float(values.mean()) / spread * sqrt(len(values))
    return float(2 * scipy.stats.t.sf(abs(t), len(values) - 1))


def mcnemar_p(one_B: NDArray[np.bool_], other_B: NDArray[np.bool_]) -> float:
    """Two-sided exact p of "where only one of two networks is right, a coin decides which"; 1 where that never happens.

    Args:
        one_B: whether the one network is right about each test item, shape (row,).
        other_B: the same of the other network.

    Source: McNemar (1947), "Note on the sampling error of the difference between correlated proportions"; exact by the
    binomial distribution, as in SciPy `binomtest`.
    """
    only_one, only_other = int((one_B & ~other_B).sum()), int((other_B & ~one_B).sum())
    differing = only_one + only_other
    return float(scipy.stats.binomtest(only_one, differing).pvalue) if differing else 1.0


def holm(p_K: ArrayLike) -> NDArray[np.float64]:
    """P values corrected for being tested together.

    Args:
        p_K: one p value a hypothesis, shape (hypothesis,); nan stays nan and does not count.

    Returns:
        Corrected p values in the same order: comparing them with alpha keeps the chance of any false alarm below it.

    Source: Holm (1979), "A simple sequentially rejective multiple test procedure".
    """
    p = np.asarray(p_K, dtype=np.float64)
    order = np.argsort(p, kind="stable")[: np.count_nonzero(~np.isnan(p))]
    corrected = np.full_like(p, nan)
    corrected[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return corrected


def step_down_levels(p_K: ArrayLike, alpha: float = 0.05) -> NDArray[np.float64]:
    """The confidence at which Holm's procedure judges each hypothesis.

    The hypothesis of rank r among m is judged at 1 - alpha / (m - r + 1), and all that follow the first one that is
    kept are judged as it was. So the interval at this confidence excludes 0 just where Holm rejects.

    Args:
        p_K: one p value a hypothesis, shape (hypothesis,); nan stays nan and does not count.
        alpha: chance of any false alarm.

    Returns:
        Confidence levels in the same order; equal p values get the same, that of the lowest rank among them.

    Source: Holm (1979).
    """
    p = np.asarray(p_K, dtype=np.float64)
    ordered = np.sort(p[~np.isnan(p)])
    num = len(ordered)
    kept = ordered >= alpha / np.arange(num, 0, -1)
    first_kept = int(kept.argmax()) if kept.any() else num - 1
    rank_K = np.minimum(np.searchsorted(ordered, p), first_kept)
    return np.where(np.isnan(p), nan, 1 - alpha / (num - rank_K))
