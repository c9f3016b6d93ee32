"""One cycle."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from paribus.spec.parts import part
from paribus.training.schedules.schedule import Moment, Schedule


@part("schedule")
def one_cycle(
    *,
    rise: Annotated[float, Field(gt=0, lt=1)] = 0.3,
    start: Annotated[float, Field(gt=0, le=1)] = 0.04,
    final: Annotated[float, Field(gt=0, le=1)] = 4e-6,
) -> Schedule:
    """Rise from the share `start` to 1 over the share `rise` of training, then fall to `final`, both along a cosine.

    Source: Smith & Topin (2018), arXiv 1708.07120, in the form of `torch.optim.lr_scheduler.OneCycleLR` with its
    defaults. Differs: momentum stays; the fall ends with the last epoch instead of the last step.
    """

    def factor(moment: Moment) -> float:
        done = moment.epoch / moment.epochs
        if done < rise:
            return _between(start, 1.0, done / rise)
        return _between(1.0, final, (done - rise) / (1 - rise))

    return factor


def _between(low: float, high: float, share: float) -> float:
    return high + (low - high) * (1 + math.cos(math.pi * share)) / 2
