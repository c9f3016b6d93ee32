"""The register of named parts: models, optimizers, data sources.

A part is one function whose keyword-only arguments are its options, with their types, limits and defaults. The study
file names it by `kind`; its signature is the only place where its options are declared.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast, get_type_hints

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, create_model
from pydantic_core import CoreSchema, core_schema

from paribus.errors import SpecError, suggest
from paribus.spec.base import Record, wrong

Room = Literal["data", "model", "optimizer", "schedule"]
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Part:
    """One registered function and the record of its options."""

    kind: str
    function: Callable[..., Any]
    options: type[Record]

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]


_REGISTER: dict[str, dict[str, Part]] = {}


def part(room: Room) -> Callable[[Function], Function]:
    """Register the decorated function in `room` under its own name."""

    def register(function: Function) -> Function:
        kind = function.__name__
        _REGISTER.setdefault(room, {})[kind] = Part(kind, function, _options_of(function, kind))
        return function

    return register


def parts(room: Room) -> Mapping[str, Part]:
    """All parts of a room, by name."""
    return _REGISTER.get(room, {})


def find_part(room: Room, kind: str) -> Part:
    """The part called `kind`.

    Raises:
        SpecError: nothing of that name is registered.
    """
    known = parts(room)
    if kind not in known:
        raise SpecError(f"Unknown {room} {kind!r}. {suggest(kind, known)}")
    return known[kind]


def call_part(room: Room, options: Record) -> Any:
    """Call the part that `options` belong to with them."""
    values = {name: getattr(options, name) for name in type(options).model_fields if name != "kind"}
    return find_part(room, options.__dict__["kind"]).function(**values)


@dataclass(frozen=True)
class OptionsOf:
    """Pydantic's view of `{kind: NAME, option: value, ...}`: checked against the signature of that part."""

    room: Room

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check with the part's own record; write all its options, defaults too."""
        return core_schema.no_info_plain_validator_function(
            self._check,
            serialization=core_schema.plain_serializer_function_ser_schema(_dump),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """One alternative a part, told apart by its kind."""
        return {"oneOf": [known.options.model_json_schema() for known in parts(self.room).values()]}

    def _check(self, value: Any) -> Record:
        if isinstance(value, Record):
            return value
        if not isinstance(value, dict):
            raise wrong(
                f"must be a mapping with the key 'kind', found {value!r}", allowed=suggest("", parts(self.room))
            )
        options = cast(dict[str, Any], value)
        kind = options.get("kind")
        if kind not in parts(self.room):
            found = f"found {kind!r}" if "kind" in options else "found none"
            raise wrong(f"must name a known {self.room}, {found}", "kind", suggest(kind, parts(self.room)))
        return find_part(self.room, str(kind)).options.model_validate(options)


def _dump(options: BaseModel) -> dict[str, Any]:
    return options.model_dump(mode="json")


def _options_of(function: Callable[..., Any], kind: str) -> type[Record]:
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {"kind": (Literal[kind], kind)}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY:
            default = ... if parameter.default is inspect.Parameter.empty else parameter.default
            fields[name] = (hints[name], default)
    return create_model(kind, __base__=Record, __doc__=inspect.getdoc(function), **fields)
