"""The register of named parts: models, layers, optimizers, data sources.

A part is one function whose keyword-only arguments are its options, with their types, limits and defaults. The study
file names it by `kind`; its signature is the only place where its options are declared. All files of a
kind's room are imported when the first part of that kind is asked for: adding a part is adding a file.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Literal, TypeVar, cast, get_type_hints

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, create_model
from pydantic_core import CoreSchema, core_schema

from paribus.errors import SpecError, suggest
from paribus.spec.base import Record, wrong
from paribus.user_code import Origin, code_hash, code_in, import_function, is_installed, origin_given, own_name

PartKind = Literal["data", "model", "layer", "optimizer", "schedule"]
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


_ROOMS: dict[PartKind, str] = {
    "data": "paribus.data.sources",
    "model": "paribus.models.families",
    "layer": "paribus.models.kinds",
    "optimizer": "paribus.training.optimizers",
    "schedule": "paribus.training.schedules",
}
_REGISTER: dict[PartKind, dict[str, Part]] = {part_kind: {} for part_kind in _ROOMS}
_ADAPTERS: dict[PartKind, Callable[..., Any]] = {}
_OWN_SCHEMA = {
    "type": "object",
    "description": "A function of your own: module:function, and its options.",
    "properties": {"kind": {"type": "string", "pattern": ":"}},
    "required": ["kind"],
}


def part(part_kind: PartKind) -> Callable[[Function], Function]:
    """Register the decorated function under its own name."""

    def register(function: Function) -> Function:
        kind = function.__name__
        parameters, named = inspect.signature(function).parameters.values(), part_kind != "layer"
        _REGISTER[part_kind][kind] = Part(kind, function, _options_of(function, kind, parameters, named))
        return function

    return register


def adapter(part_kind: PartKind) -> Callable[[Function], Function]:
    """Let users' own functions be parts: the decorated function turns one into what parts of that kind return."""

    def register(function: Function) -> Function:
        _ADAPTERS[part_kind] = function
        return function

    return register


def register_own(part_kind: PartKind, function: Callable[..., Any], kind: str = "") -> Part:
    """Make a user's own function a part; its options are its arguments after the first two.

    Args:
        part_kind: of the part.
        function: the user's.
        kind: the part's name; by default `module:function`, with a part of the code's hash where another function may
            have that name too, as those have that were made within one.

    Raises:
        SpecError: it has no name, or takes less than two arguments, or any number of them.
    """
    kind, parameters = kind or own_name(function), list(inspect.signature(function).parameters.values())
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    if len(parameters) < 2 or any(p.kind not in named for p in parameters[2:]):
        raise SpecError(
            f"{kind} takes ({', '.join(map(str, parameters))}); asked are item_shape and num_outputs, then options "
            "with names, as in `def make(item_shape, num_outputs, *, width=64)`."
        )
    options = _options_of(function, kind, parameters[2:])

    def _call(**values: Any) -> Any:
        return _ADAPTERS[part_kind](function, values)

    _call.__doc__ = function.__doc__
    found = Part(kind, _call, options, own=function)
    _import_parts(part_kind)
    _REGISTER[part_kind][kind] = found
    return found


def trust_own(part_kind: PartKind, kind: str, code: str | None) -> None:
    """Make the function that a stored text names a part, if its code is what was stored; it is imported, not called.

    Args:
        part_kind: of the part.
        kind: `module:function`, sought from the working directory first; nothing is done for a part that is known.
        code: the stored hash; None if another version of Python computed it.

    Raises:
        SpecError: it cannot be imported, or its code is not, or cannot be shown to be, what was stored.
    """
    if kind in parts(part_kind):
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
    register_own(part_kind, function, kind)


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


def with_names(value: Any) -> Any:
    """A level in which each of the user's functions is registered as a model and replaced by its name."""
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


def parts(part_kind: PartKind) -> Mapping[str, Part]:
    """All parts of a kind, by name."""
    _import_parts(part_kind)
    return _REGISTER[part_kind]


@cache
def _import_parts(part_kind: PartKind) -> None:
    """Import every file of a room but the rules of optimizers, which need torch and have no parts."""
    for module in iter_modules(import_module(_ROOMS[part_kind]).__path__):
        if not module.name.endswith("rule"):
            import_module(f"{_ROOMS[part_kind]}.{module.name}")


def find_part(part_kind: PartKind, kind: str) -> Part:
    """The part called `kind`.

    Raises:
        SpecError: nothing of that name is registered.
    """
    registered = parts(part_kind)
    if kind not in registered:
        raise SpecError(f"Unknown {part_kind} {kind!r}. {suggest(kind, registered)}")
    return registered[kind]


def call_part(part_kind: PartKind, options: Record) -> Any:
    """Call the part that `options` belong to with them."""
    values = {name: getattr(options, name) for name in type(options).model_fields if name != "kind"}
    return find_part(part_kind, options.__dict__["kind"]).function(**values)


@dataclass(frozen=True)
class OptionsOf:
    """Pydantic's view of `{kind: NAME, option: value, ...}`: checked against the signature of that part."""

    part_kind: PartKind

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check with the part's own record; write all its options, defaults too."""
        return core_schema.no_info_plain_validator_function(
            self._check,
            serialization=core_schema.plain_serializer_function_ser_schema(_dump),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """One alternative per part, distinguished by its kind; and the user's own where they are allowed."""
        alternatives = {"oneOf": [each.options.model_json_schema() for each in parts(self.part_kind).values()]}
        return {"anyOf": [alternatives, _OWN_SCHEMA]} if self._takes_own else alternatives

    @property
    def _takes_own(self) -> bool:
        """Whether users' own functions are such parts too."""
        _import_parts(self.part_kind)
        return self.part_kind in _ADAPTERS

    def _check(self, value: Any) -> Record:
        if isinstance(value, Record):
            return value
        if callable(value) or (self._takes_own and isinstance(value, str) and ":" in value):
            value = {"kind": value}
        if not isinstance(value, dict):
            raise wrong(
                f"must be a mapping with the key 'kind', found {value!r}", allowed=suggest("", parts(self.part_kind))
            )
        options = cast(dict[str, Any], value)
        kind = options.get("kind")
        if self._takes_own and (callable(kind) or (isinstance(kind, str) and ":" in kind)):
            found = self._own(kind)
            return found.options.model_validate({**options, "kind": found.kind})
        if not isinstance(kind, str) or kind not in parts(self.part_kind):
            found = f"found {kind!r}" if "kind" in options else "found none"
            raise wrong(f"must name a known {self.part_kind}, {found}", "kind", suggest(kind, parts(self.part_kind)))
        return find_part(self.part_kind, kind).options.model_validate(options)

    def _own(self, kind: Any) -> Part:
        """A function as it is; a name is a function that is known, or in a study file that is being opened imported."""
        try:
            if callable(kind):
                return register_own(self.part_kind, kind)
            registered, origin = parts(self.part_kind).get(kind), origin_given()
            opened = origin and origin.named_by
            return registered if registered and not opened else register_own(self.part_kind, import_function(kind))
        except SpecError as error:
            raise wrong(str(error).removesuffix("."), "kind") from error


def _dump(options: BaseModel) -> dict[str, Any]:
    return options.model_dump(mode="json")


def _options_of(
    function: Callable[..., Any], kind: str, parameters: Iterable[inspect.Parameter], named: bool = True
) -> type[Record]:
    hints = get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {"kind": (Literal[kind], kind)} if named else {}
    for parameter in parameters:
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[parameter.name] = (hints.get(parameter.name, Any), default)
    return create_model(kind, __base__=Record, __doc__=inspect.getdoc(function), **fields)
