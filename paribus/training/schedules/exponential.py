"""Exponential decay."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paribus.spec.parts import part
from paribus.training.schedules.schedule import Moment, Schedule


@part("schedule")
def exponential(*, gamma: Annotated[float, Field(gt=0, le=1)] = 0.95) -> Schedule:
    """Multiply by `gamma` after every epoch.

    Source: `torch.optim.lr_scheduler.ExponentialLR`; Keras' `ExponentialDecay` in a staircase of one epoch a step.
    """

    def factor(moment: Moment) -> float:
        return gamma ** int(moment.epoch)

    return factor
