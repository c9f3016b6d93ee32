"""Reduction on a plateau."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from paribus.spec.parts import part
from paribus.training.schedules.schedule import Moment, Schedule


@part("schedule")
def reduce_on_plateau(
    *,
    gamma: Annotated[float, Field(gt=0, lt=1)] = 0.1,
    patience: Annotated[int, Field(ge=1)] = 10,
    min_delta: Annotated[float, Field(ge=0)] = 1e-4,
) -> Schedule:
    """Multiply by `gamma` when the monitored metric has not gained `min_delta` for `patience` epochs.

    A pure function of the scores so far, so that a run that goes on from a checkpoint needs no state of it.

    Source: Keras `ReduceLROnPlateau` with its defaults, no cooldown.
    """

    def factor(moment: Moment) -> float:
        share, best, wait = 1.0, math.inf, 0
        for score in moment.scores:
            if score < best - min_delta:
                best, wait = score, 0
                continue
            wait += 1
            if wait >= patience:
                share, wait = share * gamma, 0
        return share

    return factor
