"""What all records of the spec share: frozen, exact about types, helpful about names; and how mistakes are told."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from paribus.errors import suggest


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


def wrong(what: str, key: str = "", allowed: str = "") -> PydanticCustomError:
    """A mistake in the study file, to be raised by a validator; `key` goes to the end of the path."""
    return PydanticCustomError("wrong", "{what}", {"what": what, "key": key, "allowed": allowed})


def explain(error: ValidationError, where: str = "") -> str:
    """One line a mistake: path, what was found, what is allowed, the nearest match."""
    first = {_path(detail["loc"]): detail for detail in reversed(error.errors())}
    return "\n".join(_line(detail, where) for detail in reversed(first.values()))


def _line(detail: ErrorDetails, where: str) -> str:
    context: dict[str, Any] = detail.get("ctx", {})
    path = _path(detail["loc"])
    match detail["type"]:
        case "wrong":
            path = ".".join(part for part in (path, context["key"]) if part)
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
