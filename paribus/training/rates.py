"""The learning rates of a cohort's runs, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from paribus.spec.parts import call_part
from paribus.training.optimizers.rule import Rule
from paribus.training.record import Member
from paribus.training.schedules import Moment, Schedule, warmed_up


def schedule_key(member: Member) -> Any:
    """Equal for runs that have the same learning rate at every step."""
    recipe = member.recipe
    kind = recipe.schedule.__dict__["kind"]
    if kind == "constant":
        return recipe.warmup_epochs
    own = member.key if kind == "reduce_on_plateau" else ""
    return repr(recipe.schedule), recipe.warmup_epochs, recipe.epochs, own


class Rates:
    """Sets the learning rates before a step.

    Args:
        optimizer: of the runs.
        members: one per run; neighbours with the same schedule share its factor.
    """

    def __init__(self, optimizer: Rule, members: Sequence[Member]) -> None:
        self._rates_M, self._full_M, start = optimizer.lr_M, optimizer.lr_M.copy(), 0
        self._moving: list[tuple[slice, Member, Schedule]] = []
        for _, alike in groupby(members, key=schedule_key):
            leader, *rest = alike
            places, start = slice(start, start + 1 + len(rest)), start + 1 + len(rest)
            if leader.recipe.schedule.__dict__["kind"] != "constant" or leader.recipe.warmup_epochs:
                schedule = call_part("schedule", leader.recipe.schedule)
                self._moving.append((places, leader, warmed_up(schedule, leader.recipe.warmup_epochs)))

    def set(self, epoch: float) -> None:
        """Set all rates for a step that begins after `epoch` epochs, a fraction included."""
        for places, leader, schedule in self._moving:
            factor = schedule(Moment(epoch, leader.recipe.epochs, leader.watch.scores))
            self._rates_M[places] = self._full_M[places] * factor
