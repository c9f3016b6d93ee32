"""Changing one place of a nested mapping: how a level, a `given` and `--set` reach into a recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast


def patched(base: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `patch` laid over it; neither is changed.

    Keys may be dotted paths. Mappings are merged, but for empty ones, and all else is replaced; where `kind` changes,
    the old options go, but those of `text`, which all its kinds share. The order of the keys does not matter: shorter
    paths are laid first, and `kind` before the options beside it.
    """
    result = dict(base)
    for path, value in sorted(patch.items(), key=_turn):
        key, _, rest = str(path).partition(".")
        if rest:
            value = {rest: value}
        if isinstance(value, Mapping) and value:
            old = result.get(key)
            start = cast(dict[str, Any], old) if isinstance(old, Mapping) else {}
            new = cast(Mapping[str, Any], value)
            other_kind = key != "text" and "kind" in new and new["kind"] != start.get("kind")
            result[key] = patched({} if other_kind else start, new)
        else:
            result[key] = value
    return result


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
    return path.count("."), not path.endswith(".kind")
