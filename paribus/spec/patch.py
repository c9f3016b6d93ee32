"""Changing one place of a nested mapping: how a level, a `given` and `--set` reach into a recipe."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

from paribus.errors import SpecError, suggest

_ITEM = re.compile(r"([^\[\]]+)\[([^\[\]]+)\]")
"""A list and the place or the name of one of its items."""


def patched(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `patch` laid over it; neither is changed.

    Keys may be dotted paths. Mappings are merged, but for empty ones, and all else is replaced; where `kind` changes,
    the old options go, but those of `text`, which all its kinds share. In a path `layers[2]` is an item of a list, and
    `layers[NAME]` the one of that name; a mapping with a key that the item lacks takes its place, but not its name. The
    order of the keys does not matter: shorter paths are laid first, and `kind` before the options beside it.

    Raises:
        SpecError: a list has no such item.
    """
    result = dict(base)
    for path, value in sorted(patch.items(), key=_turn):
        key, _, rest = str(path).partition(".")
        if rest:
            value = {rest: value}
        item = _ITEM.fullmatch(key)
        if item and isinstance(result.get(item[1]), list | tuple):
            result[item[1]] = _with_item(item[1], list(result[item[1]]), item[2], value)
        elif isinstance(value, Mapping) and value:
            old = result.get(key)
            start = cast(dict[str, Any], old) if isinstance(old, Mapping) else {}
            new = cast(Mapping[str, Any], value)
            other_kind = key != "text" and "kind" in new and new["kind"] != start.get("kind")
            result[key] = patched({} if other_kind else start, new)
        else:
            result[key] = value
    return result


def _with_item(name: str, items: list[Any], place: str, value: Any) -> list[Any]:
    """The list with one item changed, or replaced by what is no change of it."""
    given = [_mapping(each).get("name") for each in items]
    names = {one: at for at, one in enumerate(given) if isinstance(one, str)}
    at = int(place) if place.isdecimal() else names.get(place, len(items))
    if at >= len(items):
        known = [*names, *([f"0 to {len(items) - 1}"] if items else [])]
        raise SpecError(f"{name} has no item {place!r}. {suggest(place, known)}")
    if isinstance(value, Mapping) and value:
        new, start = cast(Mapping[str, Any], value), _mapping(items[at])
        if not {_ITEM.sub(r"\1", key.partition(".")[0]) for key in new} - {"name"} <= start.keys():
            start = {"name": start["name"]} if "name" in start else {}
        value = patched(start, new)
    return [*items[:at], value, *items[at + 1 :]]


def _mapping(value: Any) -> dict[str, Any]:
    """A mapping as it is; an empty one for what is none."""
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def flat(patch: Mapping[str, Any]) -> dict[str, Any]:
    """The same patch with one dotted path for every value that it sets."""
    result: dict[str, Any] = {}
    for path, value in sorted(patch.items(), key=_turn):
        below = flat(cast(Mapping[str, Any], value)) if isinstance(value, Mapping) else {}
        result |= {f"{path}.{rest}": leaf for rest, leaf in below.items()} or {str(path): value}
    return result


def together(patches: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Patches that set different places as one, so that their order does not matter."""
    if len(patches) == 1:
        return patches[0]
    return {path: value for patch in patches for path, value in flat(patch).items()}


def _turn(item: tuple[str, Any]) -> tuple[int, bool]:
    path = str(item[0])
    return path.count(".") + path.count("["), not path.endswith(".kind")
