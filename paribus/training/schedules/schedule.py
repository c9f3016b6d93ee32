"""What a schedule part returns: the share of the optimizer's learning rate at a moment of the training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Moment:
    """Where a run stands before a step.

    Args:
        epoch: epochs done, with the fraction of the current one; 2.5 is the middle of the third.
        epochs: epochs in all.
        scores: the monitored metric after each epoch done, lower is better.
    """

    epoch: float
    epochs: int | float
    scores: Sequence[float] = ()


Schedule = Callable[[Moment], float]


def warmed_up(schedule: Schedule, warmup_epochs: float) -> Schedule:
    """`schedule`, begun after a linear rise from 0 that takes `warmup_epochs`.

    Source: Goyal et al. (2017), arXiv 1706.02677, section 2.2, gradual warm-up; from 0, a step at a time.
    """

    def factor(moment: Moment) -> float:
        if moment.epoch < warmup_epochs:
            return moment.epoch / warmup_epochs
        return schedule(replace(moment, epoch=moment.epoch - warmup_epochs, epochs=moment.epochs - warmup_epochs))

    return factor if warmup_epochs else schedule
