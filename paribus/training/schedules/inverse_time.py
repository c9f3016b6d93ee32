"""Inverse time decay."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paribus.spec.parts import part
from paribus.training.schedules.schedule import Moment, Schedule


@part("schedule")
def inverse_time(*, decay_rate: Annotated[float, Field(ge=0)] = 1.0, staircase: bool = False) -> Schedule:
    """Shrink like 1 / (1 + decay_rate * epoch), at every step or, with `staircase`, at every epoch.

    Source: Keras `InverseTimeDecay` with one epoch as its decay steps.
    """

    def factor(moment: Moment) -> float:
        epoch = int(moment.epoch) if staircase else moment.epoch
        return 1.0 / (1.0 + decay_rate * epoch)

    return factor
