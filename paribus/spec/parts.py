"""The register of named parts: models, optimizers, data sources.

A part is one function whose keyword-only arguments are its options, with their types, limits and defaults. The study
file names it by `kind`; its signature is the only place where its options are declared.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast, get_type_hints

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, create_model
from pydantic_core import CoreSchema, core_schema

from paribus.errors import SpecError, suggest
from paribus.spec.base import Record, wrong
from paribus.user_code import Origin, code_hash, code_in, import_function, is_installed, name_of, origin_given

Room = Literal["data", "model", "optimizer", "schedule"]
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Part:
    """One registered function and the record of its options; `own` is the user's function behind it, if it is one."""

    kind: str
    function: Callable[..., Any]
    options: type[Record]
    own: Callable[..., Any] | None = None

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]


_REGISTER: dict[str, dict[str, Part]] = {}
_ADAPTERS: dict[str, Callable[..., Any]] = {}
_OWN_SCHEMA = {
    "type": "object",
    "description": "A function of your own: module:function, and its options.",
    "properties": {"kind": {"type": "string", "pattern": ":"}},
    "required": ["kind"],
}


def part(room: Room) -> Callable[[Function], Function]:
    """Register the decorated function in `room` under its own name."""

    def register(function: Function) -> Function:
        kind = function.__name__
        _REGISTER.setdefault(room, {})[kind] = Part(
            kind, function, _options_of(function, kind, inspect.signature(function).parameters.values())
        )
        return function

    return register


def adapter(room: Room) -> Callable[[Function], Function]:
    """Let users' own functions into `room`: the decorated function makes of one what the room's parts return."""

    def register(function: Function) -> Function:
        _ADAPTERS[room] = function
        return function

    return register


def register_own(room: Room, function: Callable[..., Any], kind: str = "") -> Part:
    """Make a user's own function a part; its options are what its signature has after two.

    Args:
        room: of the part.
        function: the user's.
        kind: the part's name; by default `module:function`, with a part of the code's hash where another function may
            have that name too, as those have that were made within one.

    Raises:
        SpecError: it has no name, or takes less than two arguments, or any number of them.
    """
    kind, parameters = kind or _own_kind(function), list(inspect.signature(function).parameters.values())
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    if len(parameters) < 2 or any(p.kind not in named for p in parameters[2:]):
        raise SpecError(
            f"{kind} takes ({', '.join(map(str, parameters))}); asked are item_shape and num_outputs, then options "
            "with names, as in `def make(item_shape, num_outputs, *, width=64)`."
        )
    options = _options_of(function, kind, parameters[2:])

    def _call(**values: Any) -> Any:
        return _ADAPTERS[room](function, values)

    _call.__doc__ = function.__doc__
    found = Part(kind, _call, options, own=function)
    _REGISTER.setdefault(room, {})[kind] = found
    return found


def trust_own(room: Room, kind: str, code: str | None) -> None:
    """Make the function that a stored text names a part, if its code is what was stored; it is imported, not called.

    Args:
        room: of the part.
        kind: `module:function`, sought from the working directory first; nothing is done for a part that is known.
        code: the stored hash; None if another version of Python computed it.

    Raises:
        SpecError: it cannot be imported, or its code is not, or cannot be shown to be, what was stored.
    """
    if kind in parts(room):
        return
    other = "Open the study file that names it first, or give the function in Python."
    if code is None:
        raise SpecError(
            f"{kind} was hashed by another version of Python, and cannot be compared with what was trained. {other}"
        )
    with code_in(Origin()):
        function = import_function(kind)
    if is_installed(function):
        raise SpecError(f"{kind} comes with Python or an installed package, of which no code was hashed. {other}")
    check_code(kind, function, code)
    register_own(room, function, kind)


def check_code(kind: str, function: Callable[..., Any], code: str) -> None:
    """Refuse a function that computes with something else than was trained.

    Raises:
        SpecError: it does.
    """
    if code_hash(function) != code:
        raise SpecError(
            f"The code of {kind}, or a global that it names, is not what was trained. Restore it, or run the study "
            "again."
        )


def _own_kind(function: Callable[..., Any]) -> str:
    name = name_of(function)
    return f"{name}@{code_hash(function)[:8]}" if "<" in name else name


def with_names(value: Any) -> Any:
    """A level, or what it holds, with the user's functions made models, and their names in their places."""
    if isinstance(value, dict):
        return {key: with_names(held) for key, held in cast(dict[Any, Any], value).items()}
    if isinstance(value, list | tuple):
        return [with_names(held) for held in cast(list[Any], value)]
    if not callable(value):
        return value
    try:
        return register_own("model", value).kind
    except SpecError as error:
        raise wrong(str(error).removesuffix(".")) from error


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
        """One alternative a part, told apart by its kind; and the user's own where they are allowed."""
        known = {"oneOf": [each.options.model_json_schema() for each in parts(self.room).values()]}
        return {"anyOf": [known, _OWN_SCHEMA]} if self.room in _ADAPTERS else known

    def _check(self, value: Any) -> Record:
        if isinstance(value, Record):
            return value
        if callable(value) or (self.room in _ADAPTERS and isinstance(value, str) and ":" in value):
            value = {"kind": value}
        if not isinstance(value, dict):
            raise wrong(
                f"must be a mapping with the key 'kind', found {value!r}", allowed=suggest("", parts(self.room))
            )
        options = cast(dict[str, Any], value)
        kind = options.get("kind")
        if self.room in _ADAPTERS and (callable(kind) or (isinstance(kind, str) and ":" in kind)):
            found = self._own(kind)
            return found.options.model_validate({**options, "kind": found.kind})
        if not isinstance(kind, str) or kind not in parts(self.room):
            found = f"found {kind!r}" if "kind" in options else "found none"
            raise wrong(f"must name a known {self.room}, {found}", "kind", suggest(kind, parts(self.room)))
        return find_part(self.room, kind).options.model_validate(options)

    def _own(self, kind: Any) -> Part:
        """A function as it is; a name is a function that is known, or in a study file that is being opened imported."""
        try:
            if callable(kind):
                return register_own(self.room, kind)
            known, origin = parts(self.room).get(kind), origin_given()
            opened = origin and origin.named_by
            return known if known and not opened else register_own(self.room, import_function(kind))
        except SpecError as error:
            raise wrong(str(error).removesuffix("."), "kind") from error


def _dump(options: BaseModel) -> dict[str, Any]:
    return options.model_dump(mode="json")


def _options_of(function: Callable[..., Any], kind: str, parameters: Iterable[inspect.Parameter]) -> type[Record]:
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {"kind": (Literal[kind], kind)}
    for parameter in parameters:
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[parameter.name] = (hints.get(parameter.name, Any), default)
    return create_model(kind, __base__=Record, __doc__=inspect.getdoc(function), **fields)
