"""What all records of the spec share: frozen, exact about types, helpful about names; and how mistakes are reported."""

from __future__ import annotations

import re
from typing import Any, cast

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from paribus.errors import SpecError, printable, shortened, suggest

LONGEST_NAME = 90
"""Characters of a study's name, and of a data set's: together they name files, of which systems allow 255."""
DEEPEST, LARGEST = 50, 2**63 - 1
"""Levels of nesting, and the largest number that the store keeps."""


class Record(BaseModel):
    """A frozen record that refuses unknown keys and says which one was probably meant."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for key in values:  # pyright: ignore[reportUnknownVariableType]
                if key not in cls.model_fields:
                    raise wrong("is unknown here", str(key), suggest(key, cls.model_fields))  # pyright: ignore[reportUnknownArgumentType]
        return values  # pyright: ignore[reportUnknownVariableType]


def check_values(values: Any) -> None:
    """Refuse what no study file needs, before anything is computed from it.

    Raises:
        SpecError: a text that UTF-8 cannot write or with control characters, a number beyond 64 bits, or values nested
            deeper than 50 levels, as in a list that holds itself.
    """
    left: list[tuple[Any, tuple[Any, ...]]] = [(values, ())]
    while left:
        value, place = left.pop()
        mistake = _mistake(value) if len(place) <= DEEPEST else f"nested deeper than {DEEPEST} levels. Write it flatter"
        if mistake:
            path = _path(tuple(step if isinstance(step, int) else str(step) for step in place[:9]))
            raise SpecError(f"{path}{': ' * bool(path)}{mistake}.")
        if isinstance(value, dict):
            held = cast(dict[Any, Any], value)
            left += [(each, (*place, key)) for key, each in held.items()] + [(key, (*place, key)) for key in held]
        elif isinstance(value, list | tuple):
            left += [(each, (*place, at)) for at, each in enumerate(cast(list[Any], value))]


def _mistake(value: Any) -> str:
    """What is wrong with one value; empty if nothing is."""
    if isinstance(value, str) and printable(value) != value:
        return f"must be text that can be printed, found {shortened(value, 200)!r}. Remove what is escaped there"
    if isinstance(value, int) and not -LARGEST - 1 <= value <= LARGEST:
        return f"must be at most {LARGEST}, found a number of {value.bit_length():,} bits"
    return ""


def wrong(what: str, key: str = "", allowed: str = "") -> PydanticCustomError:
    """A mistake in the study file, to be raised by a validator; `key` goes to the end of the path."""
    return PydanticCustomError("wrong", "{what}", {"what": what, "key": key, "allowed": allowed})


def explain(error: ValidationError, where: str = "") -> str:
    """One line per mistake: path, what was found, what is allowed, the nearest match."""
    first = {_path(detail["loc"]): detail for detail in reversed(error.errors())}
    return "\n".join(_line(detail, where) for detail in reversed(first.values()))


def _line(detail: ErrorDetails, where: str) -> str:
    context: dict[str, Any] = detail.get("ctx", {})
    path = _path(detail["loc"])
    match detail["type"]:
        case "wrong":
            path = ".".join(part for part in (path, context["key"]) if part).replace(".[", "[")
            text = f"{context['what']}. {context['allowed']}".strip()
        case "missing":
            text = "is missing."
        case "literal_error":
            allowed = re.findall(r"'([^']*)'", context["expected"])
            text = f"must be one of these, found {detail['input']!r}. {suggest(detail['input'], allowed)}"
        case _:
            text = f"{_must(detail['msg'])}, found {detail['input']!r}."
    return ": ".join(part for part in (where, path, text) if part)


def _must(message: str) -> str:
    """Pydantic's "Input should be a valid integer" as "must be a whole number"."""
    message = message.partition(", unable")[0].replace("Input should be", "must be")
    words = {"a valid integer": "a whole number", "a valid number": "a number", "a valid boolean": "true or false",
             "a valid string": "text", "a valid dictionary": "a mapping", "a valid list": "a list",
             "a valid tuple": "a list"}  # fmt: skip
    for theirs, ours in words.items():
        message = message.replace(theirs, ours)
    return re.sub(r" or instance of \w+", "", message)


def _path(place: tuple[int | str, ...]) -> str:
    """`("factors", "depth", "levels", 2)` as `factors.depth.levels[2]`; names of union members are left out."""
    text = ""
    for step in place:
        if isinstance(step, int):
            text += f"[{step}]"
        elif not re.match(r"(list|dict|tuple)\[", step):
            text += f".{step}" if text else step
    return text
