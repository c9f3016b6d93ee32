"""What a function of the user's own computes with, as one hash: its code, and all that this reaches by name."""

from __future__ import annotations

import dis
import functools
import hashlib
import pickle
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

_PLAIN = (type(None), type(...), bool, int, float, complex, str, bytes)
_OF_CLASSES = {"__dict__", "__weakref__", "__doc__", "__module__"}
_INSTALLED = {Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")}


def code_hash(function: Callable[..., Any]) -> str:
    """sha256 over a function's bytecode and what it holds: defaults, closure and the globals that it names.

    Functions, classes and modules among these are followed, wherever they were written; what is installed counts by its
    name. So other code has another hash, and another comment has not.
    """
    walk = _Walk()
    walk.see(function)
    return walk.digest.hexdigest()


class _Walk:
    """Hashes values and what they hold, each once."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self._seen: dict[int, tuple[int, object]] = {}  # the object too, so that no other takes its id

    def see(self, value: object) -> None:
        """Add a value."""
        if isinstance(value, _PLAIN):
            self._add(value)
        elif id(value) in self._seen:
            self._add("again", self._seen[id(value)][0])
        else:
            self._seen[id(value)] = len(self._seen), value
            parts = list(_held(value))
            self._add(type(value).__qualname__, len(parts))
            for part in parts:
                self.see(part)

    def _add(self, *plain: object) -> None:
        self.digest.update(repr(plain).encode())


@functools.singledispatch
def _held(value: Any) -> Iterable[object]:
    """What a value is made of: here of an object, by its class and attributes where the class is the user's."""
    if hasattr(value, "__wrapped__"):
        return (value.__wrapped__,)
    if hasattr(value, "__dict__") and not _is_installed(type(value)):
        return type(value), vars(value)
    try:
        return (pickle.dumps(value),)
    except Exception:  # whatever an object raises that cannot be pickled
        return ()


@_held.register
def _(value: FunctionType) -> Iterable[object]:
    if _is_installed(value):
        return value.__module__, value.__qualname__
    named = {name: value.__globals__[name] for name in _globals(value.__code__) if name in value.__globals__}
    return value.__code__, value.__defaults__, value.__kwdefaults__, value.__closure__, named


@_held.register
def _(value: CodeType) -> Iterable[object]:
    arguments = value.co_varnames[: value.co_argcount + value.co_kwonlyargcount]
    return value.co_code, value.co_names, arguments, value.co_flags, value.co_consts


@_held.register
def _(value: CellType) -> Iterable[object]:
    try:
        return (value.cell_contents,)
    except ValueError:  # of a variable that has no value yet
        return ()


@_held.register
def _(value: type) -> Iterable[object]:
    if _is_installed(value):
        return value.__module__, value.__qualname__
    return value.__qualname__, value.__bases__, {k: v for k, v in vars(value).items() if k not in _OF_CLASSES}


@_held.register
def _(value: ModuleType) -> Iterable[object]:
    members = {} if _is_installed(value) else vars(value)
    return value.__name__, {name: member for name, member in members.items() if not name.startswith("__")}


@_held.register(MethodType)
@_held.register(staticmethod)
@_held.register(classmethod)
def _(value: Any) -> Iterable[object]:
    return value.__func__, getattr(value, "__self__", None)


@_held.register
def _(value: property) -> Iterable[object]:
    return value.fget, value.fset, value.fdel


@_held.register
def _(value: functools.partial) -> Iterable[object]:
    return value.func, value.args, value.keywords


@_held.register
def _(value: dict) -> Iterable[object]:
    return [part for item in value.items() for part in item]


@_held.register(list)
@_held.register(tuple)
def _(value: Any) -> Iterable[object]:
    return value


@_held.register(set)
@_held.register(frozenset)
def _(value: Any) -> Iterable[object]:
    return sorted(map(repr, value))


def _globals(code: CodeType) -> Iterator[str]:
    """Names of globals in a function's code, and in that of functions and classes within, each once."""
    codes, found = [code], dict[str, None]()
    while codes:
        one = codes.pop()
        found |= {str(i.argval): None for i in dis.get_instructions(one) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
        codes += [constant for constant in one.co_consts if isinstance(constant, CodeType)]
    yield from found


def _is_installed(value: FunctionType | type | ModuleType) -> bool:
    """Whether it comes with Python, a package or paribus."""
    name = value.__name__ if isinstance(value, ModuleType) else value.__module__
    if name.partition(".")[0] in {*sys.stdlib_module_names, "paribus"}:
        return name != "__main__"
    file = getattr(sys.modules.get(name), "__file__", None)
    return file is not None and any(folder in Path(file).parents for folder in _INSTALLED)
