"""The learning rates of a cohort's groups, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from paribus.spec.parts import call_part
from paribus.training.schedules import Moment, warmed_up

if TYPE_CHECKING:
    from paribus.training.optimizers.rules import Rule
    from paribus.training.record import Member


def schedule_key(member: Member) -> Any:
    """Equal for runs that have the same learning rate at every step."""
    recipe = member.recipe
    kind = recipe.schedule.__dict__["kind"]
    if kind == "constant":
        return recipe.warmup_epochs
    own = member.key if kind == "reduce_on_plateau" else ""
    return repr(recipe.schedule), recipe.warmup_epochs, recipe.epochs, own


class Rates:
    """Sets the learning rate of each parameter group before a step.

    Args:
        optimizer: its groups are in the order of the members, neighbours of equal numbers and schedule in one.
        members: one a run.
    """

    def __init__(self, optimizer: Rule, members: Sequence[Member]) -> None:
        self._optimizer = optimizer
        alike = groupby(members, key=lambda m: (call_part("optimizer", m.recipe.optimizer), schedule_key(m)))
        leaders = [next(group) for _, group in alike]
        plain = [m.recipe.schedule.__dict__["kind"] == "constant" and not m.recipe.warmup_epochs for m in leaders]
        self._moving = [
            (
                group,
                group["lr"],
                leader,
                warmed_up(call_part("schedule", leader.recipe.schedule), leader.recipe.warmup_epochs),
            )
            for group, leader, still in zip(optimizer.param_groups, leaders, plain, strict=True)
            if not still
        ]

    def now(self) -> list[float]:
        """The rate of each run, as it is set now."""
        return [group["lr"] for group in self._optimizer.param_groups for _ in group["params"][0]]

    def set(self, epoch: float) -> None:
        """Set all rates for a step that begins after `epoch` epochs, a fraction included."""
        for group, full, leader, schedule in self._moving:
            scores = leader.watch.scores
            group["lr"] = full * schedule(Moment(epoch, leader.recipe.epochs, scores))
