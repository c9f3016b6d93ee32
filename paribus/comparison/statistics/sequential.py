"""Repeated looks: the confidence at each look for which the error rate holds over all looks together.

The boundary is Pocock's, the same nominal level at every look. It is worked out for a sum of normal differences, whose
deviation is known, and carried over to the t test by its p value; a simulation in the tests counts the errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import ceil

import numpy as np
import scipy
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray

_NODES, _NODES_A_STEP = 48, 8
"""Nodes at a look at least, and a standard deviation of what is added since the last."""


def overall_p(p: float, looks: Sequence[int]) -> float:
    """The chance, without any difference, that some look finds a p value as small as this one.

    Args:
        p: two-sided p value found at one of the looks; nan stays nan.
        looks: numbers of pairs at the looks, in rising order; with one look p is its own answer.

    Source: Armitage, McPherson & Rowe (1969), "Repeated significance tests on accumulating data".
    """
    if len(looks) == 1 or not 0 < p < 1:
        return p
    return max(p, _crossing(float(scipy.stats.norm.isf(p / 2)), looks))


def nominal_level(level: float, looks: Sequence[int]) -> float:
    """The confidence of each look's interval for which all of them together cover with confidence `level`.

    Args:
        level: confidence over all looks, between 0 and 1; nan stays nan.
        looks: numbers of pairs at the looks, in rising order.

    Source: Pocock (1977), "Group sequential methods in the design and analysis of clinical trials"; the intervals are
    the repeated ones of Jennison & Turnbull (1989).
    """
    if len(looks) == 1 or not 0 < level < 1:
        return level
    return _nominal(level, tuple(looks))


@cache
def _nominal(level: float, looks: tuple[int, ...]) -> float:
    """The bound lies between that of one look and Bonferroni's."""
    low, high = (float(scipy.stats.norm.isf((1 - level) / 2 / num)) for num in (1, len(looks)))
    bound = scipy.optimize.brentq(lambda z: _crossing(z, looks) - (1 - level), low, high, xtol=1e-10)
    return 1 - 2 * float(scipy.stats.norm.sf(bound))


def _crossing(bound: float, looks: Sequence[int]) -> float:
    """The chance that the standardized mean of the pairs so far is beyond the bound at some look.

    The density of the sum, of the paths that stayed inside, is carried from look to look by Gauss-Legendre quadrature.
    """
    closest = min(now - before for before, now in zip(looks, looks[1:], strict=False))
    node_K, weight_K = _rule(max(_NODES, ceil(_NODES_A_STEP * bound * (looks[-1] / closest) ** 0.5)))
    sum_K, width_K = _inside(bound, looks[0], node_K), _inside(bound, looks[0], weight_K)
    mass_K = width_K * scipy.stats.norm.pdf(sum_K, scale=looks[0] ** 0.5)
    for before, now in zip(looks, looks[1:], strict=False):
        next_K, width_K = _inside(bound, now, node_K), _inside(bound, now, weight_K)
        step_KK = scipy.stats.norm.pdf(next_K[:, None] - sum_K, scale=(now - before) ** 0.5)
        sum_K, mass_K = next_K, width_K * (step_KK @ mass_K)
    return 1 - float(mass_K.sum())


def _inside(bound: float, num_pairs: int, part_K: NDArray[np.float64]) -> NDArray[np.float64]:
    """The interval from -1 to 1, scaled to the sums that stay inside the bound."""
    return bound * num_pairs**0.5 * part_K


@cache
def _rule(num_nodes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights of Gauss and Legendre."""
    return leggauss(num_nodes)  # pyright: ignore[reportUnknownVariableType]
