"""Changing one place of a nested mapping: how a level, a `given` and `--set` reach into a recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from paribus.errors import SpecError, suggest


def patched(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `patch` laid over it; neither is changed.

    Keys may be dotted paths. Mappings are merged, but for empty ones, and all else is replaced; where `kind` changes,
    the old options go, but those of `text`, which all its kinds share. In a path `layers[2]`, or `layers.2`, is an item
    of a list, and `layers[NAME]` the one of that name; a mapping with a key that the item lacks takes its place, but
    not its name. The order of the keys does not matter: shorter paths are laid first, and `kind` before the options
    beside it.

    Raises:
        SpecError: a list has no such item.
    """
    result = dict(base)
    for path, value in sorted(patch.items(), key=_turn):
        key, _, rest = _dotted(path).partition(".")
        if rest:
            value = {rest: value}
        if isinstance(value, Mapping) and value:
            old, new = result.get(key), cast(Mapping[str, Any], value)
            if isinstance(old, list | tuple) and _reaches_into(cast(Sequence[Any], old), new):
                result[key] = _with_items(key, cast(Sequence[Any], old), new)
                continue
            start = _mapping(old)
            other_kind = key != "text" and "kind" in new and new["kind"] != start.get("kind")
            result[key] = patched({} if other_kind else start, new)
        else:
            result[key] = value
    return result


def _reaches_into(items: Sequence[Any], patch: Mapping[str, Any]) -> bool:
    """Whether a patch changes items of a list, and does not take the list's place, as one that looks like an item."""
    places, keys = (
        {_dotted(path).partition(".")[0] for path in patch},
        {key for item in items for key in _mapping(item)},
    )
    return all(place.isdecimal() or place in _names(items) for place in places) or bool(keys and not keys & places)


def _names(items: Sequence[Any]) -> dict[str, int]:
    """The place of each item that has a name."""
    return {name: at for at, item in enumerate(items) if isinstance(name := _mapping(item).get("name"), str)}


def _with_items(name: str, items: Sequence[Any], patch: Mapping[str, Any]) -> list[Any]:
    """The list with items changed, or replaced by what is no change of them."""
    named, result = _names(items), list(items)
    known = {**{str(at): at for at in range(len(items))}, **named}
    for path, value in sorted(patch.items(), key=_turn):
        place, _, rest = _dotted(path).partition(".")
        if place not in known:
            numbers = [f"0 to {len(items) - 1}"] if items else []
            raise SpecError(f"{name} has no item {place!r}. {suggest(place, [*numbers, *named])}")
        result[known[place]] = _changed(result[known[place]], {rest: value} if rest else value)
    return result


def _changed(item: Any, value: Any) -> Any:
    """An item with a mapping laid over it; or in its place, but for the name, if that has a key that the item lacks."""
    old, change = _mapping(item), _mapping(value)
    if not change:
        return value
    others = {_dotted(key).partition(".")[0] for key in change} - {"name"} - old.keys()
    return patched({key: old[key] for key in old if key == "name" or not others}, change)


def _mapping(value: Any) -> dict[str, Any]:
    """A mapping as it is; an empty one for what is none."""
    return cast(dict[str, Any], value) if isinstance(value, Mapping) else {}


def flat(patch: Mapping[str, Any]) -> dict[str, Any]:
    """The same patch with one dotted path for every value that it sets."""
    result: dict[str, Any] = {}
    for path, value in sorted(patch.items(), key=_turn):
        below = flat(cast(Mapping[str, Any], value)) if isinstance(value, Mapping) else {}
        result |= {f"{_dotted(path)}.{rest}": leaf for rest, leaf in below.items()} or {_dotted(path): value}
    return result


def together(patches: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Patches that set different places as one, so that their order does not matter."""
    if len(patches) == 1:
        return patches[0]
    return {path: value for patch in patches for path, value in flat(patch).items()}


def _dotted(path: Any) -> str:
    """A path with dots alone: `layers[2]` as `layers.2`."""
    return str(path).replace("[", ".").replace("]", "")


def _turn(item: tuple[str, Any]) -> tuple[int, bool]:
    path = _dotted(item[0])
    return path.count("."), not path.endswith(".kind")
