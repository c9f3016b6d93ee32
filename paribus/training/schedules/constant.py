"""No schedule."""

from __future__ import annotations

from paribus.spec.parts import part
from paribus.training.schedules.schedule import Schedule


@part("schedule")
def constant() -> Schedule:
    """The optimizer's learning rate throughout."""
    return lambda moment: 1.0
