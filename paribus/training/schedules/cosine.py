"""Cosine annealing."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from paribus.spec.parts import part
from paribus.training.schedules.schedule import Moment, Schedule


@part("schedule")
def cosine(*, final: Annotated[float, Field(ge=0, le=1)] = 0.0) -> Schedule:
    """Fall along half a cosine, epoch by epoch, to the share `final` at the end.

    Source: Loshchilov & Hutter (2017), arXiv 1608.03983, equation 5 without restarts; `CosineAnnealingLR` of PyTorch.
    """

    def factor(moment: Moment) -> float:
        return final + (1 - final) * (1 + math.cos(math.pi * int(moment.epoch) / moment.epochs)) / 2

    return factor
