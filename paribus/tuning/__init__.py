"""Search for a good recipe: decisions are pure functions of numbers; drawing from a space is Optuna's."""

from paribus.tuning.brackets import Rung, brackets_of, survivors
from paribus.tuning.doubts import at_edge
from paribus.tuning.sampler import Sampler, make_sampler

__all__ = ["Rung", "Sampler", "at_edge", "brackets_of", "make_sampler", "survivors"]
