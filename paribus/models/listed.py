"""Layers as a study file lists them, in short forms and long ones, and what they come to on paper.

A checked layer is a mapping of its kind to the options that matter, and its name if it has one, whatever form it was
given in: `{dense: {units: 512}}` of `{dense: 512}`. Options that change nothing are left out, so that equal layers are
equal here, and in what names a run.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, cast, get_args

from pydantic import AfterValidator, BeforeValidator, GetJsonSchemaHandler, create_model
from pydantic_core import CoreSchema

from paribus.errors import suggest
from paribus.models.blueprint import Activation, Layer, Residual, nested
from paribus.spec.base import Record, wrong
from paribus.spec.parts import Part, find_part, parts

MOST_LAYERS, MOST_NESTED = 1_000, 8
"""Layers of a network, and residual blocks within each other."""

_FUNCTIONS = get_args(Activation)


def on_paper(layers: Sequence[Mapping[str, Any]]) -> tuple[Layer, ...]:
    """What checked layers come to; those that come to nothing are left out."""
    return tuple(layer for layer in map(noun_of, layers) if layer)


def noun_of(layer: Mapping[str, Any]) -> Layer | None:
    """What a checked layer comes to; None if that is nothing."""
    kind, options = kind_of(layer)
    return find_part("layer", kind).function(**options)


def kind_of(layer: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The kind and the options of a checked layer."""
    return next((kind, options) for kind, options in layer.items() if kind != "name")


def check_axes(layers: Sequence[Mapping[str, Any]], axes: int, path: str = "") -> int:
    """Axes of what the layers lead to: 3 of images, 1 of rows of features.

    Args:
        layers: checked ones.
        axes: of the input.
        path: of the list, in messages.

    Raises:
        PydanticCustomError: a layer cannot take what the one before gives.
    """
    for at, layer in enumerate(layers):
        (kind, options), noun, place = kind_of(layer), noun_of(layer), f"{path}[{at}]"
        if isinstance(noun, Residual):
            inner, shortcut = (
                check_axes(options.get(way, ()), axes, f"{place}.residual.{way}") for way in ("inner", "shortcut")
            )
            if inner != shortcut:
                raise wrong(
                    f"inner leads to {_words(inner)} and shortcut to {_words(shortcut)}, which cannot be added", place
                )
            axes = inner
        elif noun and noun.takes not in (None, axes):
            help_ = ". Put flatten or global_average_pool before it" if axes == 3 else ""
            raise wrong(f"{kind} takes {_words(noun.takes)}, found {_words(axes)}{help_}", place)
        elif noun:
            axes = noun.gives or axes
    return axes


def _words(axes: int | None) -> str:
    return "images" if axes == 3 else "rows of features"


def _check_layer(value: Any) -> dict[str, Any]:
    """A layer in whatever form as the mapping that this file is about."""
    if isinstance(value, str):
        value = {"activation": value} if value in _FUNCTIONS else {value: None}
    known = parts("layer")
    if not isinstance(value, dict):
        raise wrong(f"must be a layer, found {value!r}", allowed=suggest("", [*known, *_FUNCTIONS]))
    given = cast(dict[Any, Any], value)
    kinds = [key for key in given if key in known]
    if len(kinds) > 1:
        raise wrong(f"must be one layer, found {' and '.join(kinds)}. Make each an item of the list")
    if not kinds:
        found = next((str(key) for key in given if key != "name"), "none")
        raise wrong(f"must name a known layer, found {found!r}", allowed=suggest(found, [*known, *_FUNCTIONS]))
    return _checked(find_part("layer", kinds[0]), given)


def _checked(part: Part, given: dict[Any, Any]) -> dict[str, Any]:
    kind, options, main = part.kind, given[part.kind], _main(part)
    if not isinstance(options, dict):
        if options is not None and main is None:
            raise wrong(
                f"must be a mapping of options, found {options!r}", kind, suggest("", part.options.model_fields)
            )
        options = {} if options is None else {main: options}
    checked = _form(kind).model_validate({**given, kind: options})
    name = checked.__dict__["name"]
    return {kind: _that_matter(part, checked.__dict__[kind])} | ({} if name is None else {"name": name})


@cache
def _main(part: Part) -> str | None:
    """The option that a short form gives, if there is one."""
    signature = inspect.signature(part.function).parameters.values()
    return next((option.name for option in signature if option.kind is option.POSITIONAL_OR_KEYWORD), None)


def _that_matter(part: Part, options: Record) -> dict[str, Any]:
    """The options without which the layer would be another one."""
    left = options.model_dump(mode="json", exclude_unset=True)
    layer = part.function(**left)
    for name in list(left):
        rest = {other: value for other, value in left.items() if other != name}
        if not part.options.model_fields[name].is_required() and part.function(**rest) == layer:
            left = rest
    return left


@cache
def _form(kind: str) -> type[Record]:
    """The record of a layer in a list: its options by its kind, and its name."""
    fields: dict[str, Any] = {
        kind: (find_part("layer", kind).options, ...),
        "name": (Annotated[Any, BeforeValidator(_check_name)], None),
    }
    return create_model(kind, __base__=Record, **fields)


def _check_name(name: Any) -> Any:
    if name is not None and not (isinstance(name, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,89}", name)):
        raise wrong(f"must be at most 90 letters, digits, '-' and '_', a letter first, found {name!r}")
    return name


def _as_tuple(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise wrong(f"must be a list of layers, found {value!r}")
    found = tuple(cast(Sequence[Any], value))
    if len(found) > MOST_LAYERS:
        raise wrong(f"must be at most {MOST_LAYERS:,} layers, found {len(found):,}")
    if _levels(found) > MOST_NESTED + 1:
        raise wrong(f"must be at most {MOST_NESTED} residual blocks within each other, found more")
    return found


def _check_whole(layers: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    """Refuse names that stand twice, and networks that no study needs."""
    names = [layer["name"] for layer in layers if "name" in layer]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise wrong(f"must have names that differ, found {twice!r} twice")
    paper = on_paper(layers)
    if (number := sum(1 for _ in nested(paper))) > MOST_LAYERS:
        raise wrong(f"must be at most {MOST_LAYERS:,} layers, found {number:,} with those of residual blocks")
    return layers


def _levels(value: Any) -> int:
    """Lists within lists, itself counted, as they were given; no more are counted than are too many."""
    deepest, left = 0, [(value, 0)]
    while left and deepest <= MOST_NESTED + 1:
        each, depth = left.pop()
        if isinstance(each, dict):
            left += [(held, depth) for held in cast(dict[Any, Any], each).values()]
        elif isinstance(each, list | tuple):
            deepest = max(deepest, depth + 1)
            left += [(held, depth + 1) for held in cast(Sequence[Any], each)]
    return deepest


class _Schema:
    """What an editor is told of a list of layers."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        known = parts("layer").values()
        short = [part.kind for part in known if not any(f.is_required() for f in part.options.model_fields.values())]
        return {"type": "array", "items": {"anyOf": [{"enum": [*_FUNCTIONS, *short]}, *map(_layer_schema, known)]}}


def _layer_schema(part: Part) -> dict[str, Any]:
    """A layer as a mapping; what stands in a residual block is not spelled out again."""
    forms: list[Any] = [{"type": ["array", "object"]}]
    if part.kind != "residual":
        options, main = part.options.model_json_schema(), _main(part)
        forms = [options, *([options["properties"][main]] if main else [])]
    return {
        "type": "object",
        "description": part.summary,
        "properties": {part.kind: {"anyOf": forms}, "name": {"type": "string"}},
        "required": [part.kind],
        "additionalProperties": False,
    }


Layers = Annotated[
    tuple[Annotated[Any, BeforeValidator(_check_layer)], ...],
    BeforeValidator(_as_tuple),
    AfterValidator(_check_whole),
    _Schema(),
]
