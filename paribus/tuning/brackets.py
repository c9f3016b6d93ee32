"""Which trials train for how long: known before anything runs, and which of them go on, from their scores alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from paribus.spec.tune import Tune


@dataclass(frozen=True)
class Rung:
    """So many trials, each trained for so many epochs in all."""

    trials: int
    epochs: int


def brackets_of(tune: Tune) -> list[list[Rung]]:
    """The whole schedule of the search that a study asks for."""
    match tune.algorithm:
        case "hyperband":
            return hyperband(tune.max_epochs, tune.factor) * tune.iterations
        case "successive_halving":
            return [successive_halving(tune.trials, tune.max_epochs, tune.factor)]
        case "grid":
            return [[Rung(tune.num_points, tune.max_epochs)]]
        case "random" | "tpe":
            return [[Rung(tune.trials, tune.max_epochs)]]


def hyperband(max_epochs: int, factor: int = 3) -> list[list[Rung]]:
    """One iteration of Hyperband: brackets from many short trials to few long ones.

    Source: Li et al. (2018), JMLR 18(185), Algorithm 1, with the numbers of its Table 1: the authors round
    (s_max + 1) / (s + 1) down before they multiply by factor**s.
    """
    deepest = 0
    while factor ** (deepest + 1) <= max_epochs:
        deepest += 1
    return [
        [
            Rung((deepest + 1) // (s + 1) * factor**s // factor**i, max(1, max_epochs * factor**i // factor**s))
            for i in range(s + 1)
        ]
        for s in range(deepest, -1, -1)
    ]


def successive_halving(trials: int, max_epochs: int, factor: int = 3) -> list[Rung]:
    """Rungs of `trials`, then a `factor`-th of them and so on, with epochs that grow as much up to `max_epochs`.

    Source: Jamieson & Talwalkar (2016), arXiv 1502.07943, Algorithm 1.
    """
    depth = 0
    while factor ** (depth + 1) <= min(trials, max_epochs):
        depth += 1
    return [Rung(trials // factor**i, max(1, max_epochs // factor ** (depth - i))) for i in range(depth + 1)]


def survivors(losses_T: np.ndarray, keep: int) -> np.ndarray:
    """Places of the `keep` lowest losses, the lowest first; of equal ones the earlier, and nan always loses.

    Args:
        losses_T: what is minimized, shape (trial,).
        keep: how many go on.
    """
    return np.argsort(np.nan_to_num(losses_T, nan=np.inf), kind="stable")[:keep]
