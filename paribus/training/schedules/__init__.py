"""Learning-rate schedules, one file each. Importing this registers them and does not import torch."""

from paribus.training.schedules import (
    constant,
    cosine,
    exponential,
    inverse_time,
    one_cycle,
    reduce_on_plateau,
    step,
)
from paribus.training.schedules.schedule import Moment, Schedule, warmed_up

__all__ = [
    "Moment",
    "Schedule",
    "constant",
    "cosine",
    "exponential",
    "inverse_time",
    "one_cycle",
    "reduce_on_plateau",
    "step",
    "warmed_up",
]
