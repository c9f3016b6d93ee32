"""Steps down."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paribus.spec.parts import part
from paribus.training.schedules.schedule import Moment, Schedule


@part("schedule")
def step(*, every: Annotated[int, Field(ge=1)] = 10, gamma: Annotated[float, Field(gt=0, le=1)] = 0.1) -> Schedule:
    """Multiply by `gamma` after every `every` epochs.

    Source: `torch.optim.lr_scheduler.StepLR`.
    """

    def factor(moment: Moment) -> float:
        return gamma ** (int(moment.epoch) // every)

    return factor
