"""Study files: YAML in, a checked spec out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import yaml

from paribus.errors import SpecError
from paribus.spec.base import DEEPEST
from paribus.spec.data import entry
from paribus.spec.patch import patched
from paribus.spec.recipe import Baseline

_Values = dict[str, Any]
_LARGEST_FILE, _NODE = 1 << 18, 8
"""Bytes of a study file, and characters that each of its values counts beside its own."""


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, to which `1e-3` is a number and a repeated key an error.

    The size of the result is bounded, as with aliases a few lines could fill the memory.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._most = _LARGEST_FILE + _NODE * len(text)
        self._sizes: dict[int, int] = {}
        self._depth = 0

    def compose_node(self, parent: Any, index: Any) -> yaml.Node | None:
        """Compose a node and count its size: an alias counts as much as its anchor."""
        line, alias = cast(Any, self).peek_event().start_mark.line + 1, self.check_event(yaml.AliasEvent)
        self._depth += 1
        if self._depth > DEEPEST:
            raise SpecError(f"line {line}: nested deeper than {DEEPEST} levels. Write it flatter.")
        node = super().compose_node(parent, index)
        self._depth -= 1
        if alias and id(node) not in self._sizes:
            raise SpecError(f"line {line}: an alias stands within its own anchor. Write out what it stands for.")
        size = self._sizes.setdefault(id(node), _NODE + self._held(node))
        if size > self._most:
            raise SpecError(
                f"line {line}: aliases make {size:,} characters of a file of {len(self.buffer):,}. Allowed: "
                f"{self._most:,}. Write out what they stand for."
            )
        return node

    def _held(self, node: Any) -> int:
        if isinstance(node.value, str):
            return len(node.value)
        pairs: list[Any] = [held if isinstance(held, tuple) else (held,) for held in node.value]
        return sum(self._sizes[id(each)] for pair in pairs for each in pair)

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Refuse repeated keys, before `<<` merges anything into the mapping."""
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue  # the safe loader refuses it
            if key.value in seen:
                raise SpecError(
                    f"line {key.start_mark.line + 1}: the key {key.value!r} stands twice; keep one of them."
                )
            seen.add(key.value)
        return node


class _Dumper(yaml.SafeDumper):
    """The counterpart of `_Loader`: text that would be read as a number is quoted."""


_PARTS = {name: Baseline.model_fields[name].default for name in ("model", "optimizer", "schedule")}
"""The baseline's default parts."""

for _twin in (_Loader, _Dumper):
    _twin.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"),
        list("-+.0123456789"),
    )


def read_study(path: Path) -> dict[str, Any]:
    """The mapping that a study file holds, unchecked.

    Raises:
        SpecError: the file is missing, is no YAML, or holds no mapping.
    """
    try:
        if path.exists() and not path.is_file():
            raise SpecError("it is no regular file.")
        size = path.stat().st_size
        if size > _LARGEST_FILE:
            raise SpecError(f"it has {size:,} bytes, and a study file at most {_LARGEST_FILE:,}.")
        values = parse_yaml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise SpecError(f"Cannot read the study file {path}: {reason}.") from None
    except SpecError as error:
        raise SpecError(f"{path}: {error}") from None
    if not isinstance(values, dict):
        raise SpecError(f"{path}: a study file is a mapping with `name` and `data`, found {type(values).__name__}.")
    return cast(dict[str, Any], values)


def parse_yaml(text: str) -> Any:
    """The value that `text` writes in YAML.

    Raises:
        SpecError: it is no YAML.
    """
    try:
        return yaml.load(text, _Loader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise SpecError(f"{line}not valid YAML: {error.problem}.") from None
    except yaml.YAMLError as error:
        raise SpecError(f"not valid YAML: {error}.") from None
    except ValueError as error:  # 2024-02-30
        raise SpecError(f"not valid YAML: {error}. If it is meant as text, put it in quotes.") from None


def overridden(values: dict[str, Any], settings: Iterable[str]) -> dict[str, Any]:
    """The study with each `path=value` of the command line laid over it.

    Raises:
        SpecError: a setting has no `=`, or what follows it is no YAML.
    """
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals or not path.strip():
            raise SpecError(f"--set takes path=value, such as baseline.epochs=20, found {setting!r}.")
        try:
            values = _laid_over(values, path.strip(), parse_yaml(text))
        except SpecError as error:
            raise SpecError(f"--set {setting}: {error}") from None
    return values


def _laid_over(values: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The study with one place changed, be it of a default part; below `data` in each of several data sets."""
    first, _, rest = path.partition(".")
    several, factors, tune = (cast(Any, values.get(name)) for name in ("data", "factors", "tune"))
    if first == "baseline":
        values = _with_part(values, rest)
    if first == "factors" and isinstance(factors, dict):
        values = {**values, "factors": {name: _nested(factor) for name, factor in cast(_Values, factors).items()}}
    if first == "data" and rest and isinstance(several, list):
        entries = [entry(data) for data in cast(list[Any], several)]
        return {**values, "data": [patched(e, {rest: value}) if hasattr(e, "items") else e for e in entries]}
    if path.startswith("tune.space.") and isinstance(tune, dict):  # whose keys are whole paths
        search = cast(_Values, tune)
        space: _Values = search.get("space") or {}
        return {**values, "tune": {**search, "space": {**space, path.removeprefix("tune.space."): value}}}
    return patched(values, {path: value})


def _with_part(values: _Values, path: str) -> _Values:
    """The study whose baseline has the part that a path leads into as a mapping, be it the default one."""
    named, part = values.get("baseline", {}), path.partition(".")[0]
    if part not in _PARTS or not isinstance(named, dict):
        return values
    value = cast(_Values, named).get(part, _PARTS[part])
    return {**values, "baseline": {**named, part: {"kind": value} if isinstance(value, str) else value}}


def _nested(factor: Any) -> Any:
    """A factor whose changes are written without dotted paths, which would be laid over what `--set` changes."""
    if not isinstance(factor, dict):
        return factor
    nested = dict(cast(_Values, factor))
    given, levels = nested.get("given"), nested.get("levels")
    if isinstance(given, dict):
        nested["given"] = patched({}, cast(_Values, given))
    if isinstance(levels, dict):
        named = cast(_Values, levels).items()
        nested["levels"] = {name: patched({}, change) if hasattr(change, "items") else change for name, change in named}
    return nested


def to_yaml(values: dict[str, Any]) -> str:
    """The YAML text of a spec, keys in the order of the design."""
    return yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
