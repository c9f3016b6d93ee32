"""The search of a study: the space, the algorithm, the budget."""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, model_validator

from paribus.spec.base import Record, wrong
from paribus.spec.parts import with_names
from paribus.spec.patch import flat

MOST_TRIALS = 10_000
SEEDS_FROM = 1_000_000
"""The first seed of trials; a study's own seeds are below, so that a winner's luck is not its skill."""


class Range(Record):
    """Numbers from `low` to `high`, whole ones if both are whole."""

    low: int | float = Field(description="Least value.")
    high: int | float = Field(description="Greatest value.")
    log: bool = Field(default=False, description="Draw evenly on the logarithmic scale.")

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are drawn."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @model_validator(mode="after")
    def _is_a_range(self) -> Range:
        if not self.low < self.high:
            raise wrong(f"must have low below high, found {self.low:g} and {self.high:g}")
        if self.log and self.low <= 0:
            raise wrong(f"must have low above 0 on a logarithmic scale, found {self.low:g}")
        return self


Space = dict[str, Range | Annotated[tuple[Any, ...], Field(min_length=2)]]

_ROWS = "trials would be compared on different validation rows"
_FIXED = {
    "epochs": "max_epochs says how long trials train",
    **dict.fromkeys(("data.validation", "data.fraction", "data.sample", "vary_only"), _ROWS),
}
"""Paths of the recipe that no search may change, and why."""


def _check_space(space: Any) -> Any:
    if not isinstance(space, dict) or not space:
        raise wrong(f"must be a mapping of paths in the recipe to ranges or lists, found {space!r}")
    checked: Space = {}
    for path, values in cast(dict[str, Any], space).items():
        _check_may_differ(path, values)
        if isinstance(values, list | tuple) and len(cast(list[Any], values)) > 1:
            checked[path] = tuple(with_names(values))
        elif isinstance(values, dict | Range):
            checked[path] = Range.model_validate(values)
        else:
            raise wrong(f"must be {{low: , high: }} or a list of two values or more, found {values!r}", path)
    return checked


def _check_may_differ(path: str, values: Any) -> None:
    """Refuse paths that all trials must share, also within a listed mapping."""
    listed = cast(list[Any], values) if isinstance(values, list | tuple) else []
    for place in [path, *(place for value in listed for place in flat({path: value}))]:
        for fixed, why in _FIXED.items():
            if f"{place}.".startswith(f"{fixed}."):
                raise wrong(f"cannot be searched, as {why}. Remove it", place)


Algorithm = Literal["hyperband", "successive_halving", "random", "grid", "tpe"]


class Tune(Record):
    """A search whose winner takes the place of levels written {tuned: true}; it sees validation rows only."""

    space: Annotated[Space, BeforeValidator(_check_space)] = Field(
        description="Path in the recipe: {low, high, log} or a list of values."
    )
    algorithm: Algorithm = Field(default="hyperband", description="How trials are drawn and stopped.")
    max_epochs: int = Field(default=5, ge=1, le=1_000_000, description="Epochs of a trial that goes all the way.")
    factor: int = Field(default=3, ge=2, description="Hyperband and halving: one trial in so many goes on.")
    iterations: int = Field(default=1, ge=1, le=1_000, description="Hyperband: how often all its brackets are run.")
    trials: int = Field(
        default=20, ge=1, le=MOST_TRIALS, description="Trials of the others; a grid has as many as points."
    )
    seeds: int = Field(default=1, ge=1, le=1_000, description="Seeds of each trial, other than the study's.")

    @model_validator(mode="after")
    def _grid_has_points(self) -> Tune:
        ranges = [path for path, values in self.space.items() if isinstance(values, Range)]
        if self.algorithm == "grid" and ranges:
            raise wrong(f"of a grid must be lists of values, found ranges for {', '.join(ranges)}", "space")
        return self

    @model_validator(mode="after")
    def _ends_some_day(self) -> Tune:
        if self.algorithm == "grid" and self.num_points > MOST_TRIALS:
            raise wrong(f"of a grid must have at most {MOST_TRIALS:,} points, found {self.num_points:,}", "space")
        return self

    @property
    def num_points(self) -> int:
        """Combinations of the listed values: the trials of a grid."""
        return prod(len(values) for values in self.space.values() if not isinstance(values, Range))

    def corners(self) -> list[dict[str, Any]]:
        """All lowest values, and all highest (of lists the first, and the last)."""
        ends = {path: (v.low, v.high) if isinstance(v, Range) else (v[0], v[-1]) for path, v in self.space.items()}
        return [{path: end[at] for path, end in ends.items()} for at in (0, 1)]

    def points_to_check(self) -> list[dict[str, Any]]:
        """Points that must be allowed before the search begins: both corners of the space, and each listed value."""
        first, last = self.corners()
        listed = {path: values[1:-1] for path, values in self.space.items() if not isinstance(values, Range)}
        return [first, last, *({**first, path: value} for path, values in listed.items() for value in values)]
