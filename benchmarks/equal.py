"""Whether two sides learn the same: are their accuracies equivalent within a margin?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

ALPHA = 0.05


@dataclass(frozen=True)
class Equivalence:
    """Mean of ours less mean of the peer's, with its interval of 1 - 2 * ALPHA, and the larger p of the two tests.

    Args:
        alpha: p below which equivalence is shown.
    """

    difference: float
    low: float
    high: float
    p_value: float
    margin: float
    alpha: float = ALPHA

    @property
    def holds(self) -> bool:
        """Whether both tests reject a difference as large as the margin."""
        return self.p_value < self.alpha


def equivalence(ours: Sequence[float], peer: Sequence[float], margin: float, alpha: float = ALPHA) -> Equivalence:
    """Two one-sided tests of unpaired scores of unequal variance.

    Args:
        ours: scores, one a seed, two or more.
        peer: likewise.
        margin: smallest difference that matters.
        alpha: below ALPHA where the scores were looked at before there were so many.

    Source: Schuirmann (1987), with Welch's (1947) degrees of freedom.
    """
    a, b = np.asarray(ours), np.asarray(peer)
    interval = stats.ttest_ind(a, b, equal_var=False).confidence_interval(1 - 2 * ALPHA)
    above = stats.ttest_ind(a + margin, b, equal_var=False, alternative="greater").pvalue
    below = stats.ttest_ind(a - margin, b, equal_var=False, alternative="less").pvalue
    difference = float(a.mean() - b.mean())
    return Equivalence(difference, float(interval.low), float(interval.high), float(max(above, below)), margin, alpha)
