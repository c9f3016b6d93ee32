"""A factor: one design choice and its levels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pydantic import Field, model_serializer, model_validator

from paribus.spec.base import Record, wrong
from paribus.spec.parts import with_names
from paribus.spec.patch import flat

MOST_LEVELS = 1_000
"""Largest number of levels of a factor."""


class Factor(Record):
    """One design choice that is varied while all else stays at the baseline."""

    vary: str | None = Field(default=None, description="Path in the recipe that takes each level, such as model.depth.")
    levels: list[Any] | dict[str, dict[str, Any]] = Field(
        description="Values of `vary`, or name: changes to the recipe."
    )
    given: dict[str, Any] = Field(default={}, description="Changes that hold for all levels of this factor.")
    reference: Any = Field(default=None, description="Level that others are compared with; else the baseline's.")

    @model_validator(mode="before")
    @classmethod
    def _check_levels(cls, values: Any) -> Any:
        levels = values.get("levels") if isinstance(values, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        if not isinstance(values, dict) or "levels" not in values:
            return values  # pyright: ignore[reportUnknownVariableType]
        vary = cast(dict[str, Any], values).get("vary")
        if not isinstance(levels, list if vary else dict):
            form = "a list of values of `vary`" if vary else "a mapping of names to changes (or add `vary`)"
            raise wrong(f"must be {form}, found {levels!r}", "levels")
        if len(cast(list[Any], levels)) < 2:
            raise wrong(f"must have at least 2, found {levels!r}. A fixed choice belongs in the baseline", "levels")
        if len(cast(list[Any], levels)) > MOST_LEVELS:
            raise wrong(f"must be at most {MOST_LEVELS:,}, found {len(cast(list[Any], levels)):,}", "levels")
        _check_named({} if vary else levels)
        return cast(Any, values)

    @model_validator(mode="before")
    @classmethod
    def _name_functions(cls, values: Any) -> Any:
        return with_names(values)

    @model_serializer(mode="wrap")
    def _as_given(self, handler: Any) -> dict[str, Any]:
        """Without `reference` where none is given, as null may be a level: what is read again means the same."""
        values: dict[str, Any] = handler(self)
        if "reference" not in self.model_fields_set:
            values.pop("reference", None)
        return values

    @property
    def names_reference(self) -> bool:
        """Whether it says which level is the reference; null does where it is given and among the levels."""
        return self.reference is not None or ("reference" in self.model_fields_set and None in self.levels)

    @property
    def tuned(self) -> tuple[str, ...]:
        """Labels of the levels whose values a search chooses."""
        named = self.levels if isinstance(self.levels, dict) else {}
        return tuple(name for name, change in named.items() if "tuned" in change)

    def with_tuned(self, point: Mapping[str, Any]) -> Factor:
        """The factor in which a search's values stand for tuned levels, below what these say themselves."""
        if not self.tuned:
            return self
        named = cast(dict[str, dict[str, Any]], self.levels)
        own = {name: {k: v for k, v in named[name].items() if k != "tuned"} for name in self.tuned}
        tuned = {name: {**flat(point), **flat(own[name])} for name in self.tuned}
        return self.model_copy(update={"levels": {**named, **tuned}})

    def changes(self) -> dict[str, dict[str, Any]]:
        """What each level changes in the recipe, by the level's label."""
        if isinstance(self.levels, dict):
            return self.levels
        return {label(value): {str(self.vary): value} for value in self.levels}


def _check_named(named: Any) -> None:
    """Refuse named levels that are no changes to the recipe."""
    for name, change in named.items():
        if not isinstance(name, str):
            raise wrong(f"must be a text, found {name!r}; put the name in quotes", f"levels.{name}")
        if not isinstance(change, dict):
            raise wrong(f"must be a mapping of changes to the recipe, found {change!r}", f"levels.{name}")
        if change.get("tuned", True) is not True:  # pyright: ignore[reportUnknownMemberType]
            raise wrong(f"must be true, found {change['tuned']!r}; leave it out otherwise", f"levels.{name}.tuned")


def label(value: Any) -> str:
    """A level's name in tables: `0.3`, `true`, `100-10`, `linear`, `empty`."""
    if value in ({}, [], (), ""):
        return "empty"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        options = cast(dict[str, Any], value)
        return ", ".join(label(v) if k == "kind" else f"{k} {label(v)}" for k, v in options.items())
    if isinstance(value, list | tuple):
        return "-".join(label(v) for v in cast(list[Any], value))
    return f"{value:g}" if isinstance(value, float) else str(value)
