"""Learning-rate schedules, one file each. None imports torch."""

from paribus.training.schedules.schedule import Moment, Schedule, warmed_up

__all__ = ["Moment", "Schedule", "warmed_up"]
