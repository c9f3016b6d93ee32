"""One hash of a user's own function: of its code, and of all that the code reaches by name."""

from __future__ import annotations

import dis
import functools
import hashlib
import io
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from types import CellType, CodeType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any, cast

_PLAIN = (type(None), type(...), bool, int, float, complex, str, bytes)
_OF_CLASSES = {"__dict__", "__weakref__", "__doc__", "__module__", "__firstlineno__", "__static_attributes__"}
_STANDARD = sys.stdlib_module_names | {"paribus"}
_INSTALLERS = {"site-packages", "dist-packages"}  # folders of Python, a virtual environment, a user or Debian


def code_hash(function: Callable[..., Any]) -> str:
    """sha256 over a function's bytecode and what it holds: defaults, closure and the globals that it names.

    Functions, classes and modules among these are followed, wherever they were written, and what functions import when
    they are called; what is installed counts by its name. So other code has another hash, and another comment has not.
    """
    while True:
        num_modules, walk = len(sys.modules), _Walk({})
        walk.see(function)
        if len(sys.modules) == num_modules:
            return walk.digest.hexdigest()  # else again: a module that was imported on the way is now in its package


class _Walk:
    """Hashes values and what they hold, each once."""

    def __init__(self, seen: Mapping[int, tuple[int, object]]) -> None:
        self.digest = hashlib.sha256()
        self._seen = dict(seen)  # the place of each, by its id, and itself, so that no other takes the id

    def see(self, value: object) -> None:
        """Add a value."""
        if isinstance(value, _PLAIN):
            self._add(value)
        elif id(value) in self._seen:
            self._add("again", self._seen[id(value)][0])
        else:
            self._seen[id(value)] = len(self._seen), value
            parts = [*_held(value), *_of_instance(value)] or [self._pickled(value)]
            self._add(type(value).__qualname__, len(parts))
            for part in sorted(map(self.apart, parts)) if isinstance(value, set | frozenset) else parts:
                self.see(part)

    def apart(self, value: object) -> str:
        """The hash of a value by itself, as of a member of a set, for those have another order in every process."""
        walk = _Walk(self._seen)
        walk.see(value)
        return walk.digest.hexdigest()

    def _pickled(self, value: object) -> bytes:
        pickler = _Pickler(self)
        try:
            pickler.dump(value)
        except Exception:  # whatever an object raises that cannot be pickled
            return b""
        return pickler.written.getvalue()

    def _add(self, *plain: object) -> None:
        self.digest.update(repr(plain).encode())


class _Pickler(pickle.Pickler):
    """Pickles an object of an installed class, with hashes for what is the user's or has no stable bytes."""

    def __init__(self, walk: _Walk) -> None:
        self.written = io.BytesIO()
        super().__init__(self.written)
        self._walk = walk

    def persistent_id(self, obj: object) -> str | None:
        """The hash of an object that pickle is to leave alone."""
        named = obj if isinstance(obj, FunctionType | type) else type(obj)
        taken = isinstance(obj, set | frozenset) or _is_tensor(obj) or not _is_installed(named)
        return self._walk.apart(obj) if taken else None


@functools.singledispatch
def _held(value: Any) -> Iterable[object]:
    """What a value is made of; nothing for an object that is not taken apart."""
    if hasattr(value, "__wrapped__"):
        return (value.__wrapped__,)
    return _of_tensor(value) if _is_tensor(value) else ()


def _is_tensor(value: object) -> bool:
    return isinstance(value, getattr(sys.modules.get("torch"), "Tensor", ()))


def _of_tensor(value: Any) -> Iterable[object]:
    torch = sys.modules["torch"]  # which made the tensor; nothing here may import it
    try:
        numbers = value.detach().cpu().to_dense().resolve_conj().resolve_neg().reshape(-1).view(torch.uint8).numpy()
    except RuntimeError:  # of a kind that has no dense numbers
        return ()
    return str(value.dtype), tuple(value.shape), value.requires_grad, hashlib.sha256(numbers).hexdigest()


def _of_instance(value: object) -> Iterable[object]:
    """Class and attributes of an instance of a user's class, which may be a list, a dictionary or a tensor too."""
    kind = type(value)
    if isinstance(value, type) or _is_installed(kind):
        return ()
    slots = [name for each in kind.__mro__ for name, at in vars(each).items() if isinstance(at, MemberDescriptorType)]
    return kind, getattr(value, "__dict__", None), {name: getattr(value, name, None) for name in slots}


@_held.register
def _(value: FunctionType) -> Iterable[object]:
    if _is_installed(value):
        return value.__module__, value.__qualname__
    named = {name: value.__globals__[name] for name in _globals(value.__code__) if name in value.__globals__}
    imported = list(_imported(value.__code__, value.__globals__))
    return value.__code__, value.__defaults__, value.__kwdefaults__, value.__closure__, named, imported


@_held.register
def _(value: CodeType) -> Iterable[object]:
    arguments = value.co_varnames[: value.co_argcount + value.co_kwonlyargcount]
    handlers = getattr(value, "co_exceptiontable", None)
    return value.co_code, handlers, value.co_names, arguments, value.co_flags, value.co_consts


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
    members = {name: member for name, member in vars(value).items() if name not in _OF_CLASSES}
    return value.__qualname__, type(value), value.__bases__, members


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
def _(value: functools.cached_property) -> Iterable[object]:
    return (value.func,)


@_held.register
def _(value: functools.partial) -> Iterable[object]:
    return value.func, value.args, value.keywords


@_held.register
def _(value: dict) -> Iterable[object]:
    return [part for item in value.items() for part in item]


@_held.register(list)
@_held.register(tuple)
@_held.register(set)
@_held.register(frozenset)
def _(value: Any) -> Iterable[object]:
    return value


def _globals(code: CodeType) -> Iterator[str]:
    """Names of globals in a function's code, each once."""
    names = (i.argval for i in _instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME"))
    yield from dict.fromkeys(names)


def _imported(code: CodeType, namespace: dict[str, Any]) -> Iterator[object]:
    """What a function's own import statements get from modules of the user's; where one would fail, nothing."""
    steps = [i for i in _instructions(code) if i.opname != "EXTENDED_ARG"]
    for level, names, step in zip(steps, steps[1:], steps[2:], strict=False):
        if step.opname != "IMPORT_NAME":
            continue
        with suppress(Exception):  # whatever a module raises
            spec = None if level.argval else find_spec(step.argval.partition(".")[0])
            if level.argval or not _comes_installed(step.argval, spec and spec.origin):
                module = __import__(step.argval, namespace, None, names.argval, level.argval)
                yield [getattr(module, name) for name in names.argval] if names.argval else module


def _instructions(code: CodeType) -> Iterator[dis.Instruction]:
    """The instructions of a function's code, and of functions and classes within."""
    yield from dis.get_instructions(code)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _instructions(constant)


def is_installed(value: Callable[..., Any]) -> bool:
    """Whether it comes with Python, a package or paribus, so that its hash is of its name alone."""
    return _is_installed(cast(Any, value if hasattr(value, "__module__") else type(value)))


def _is_installed(value: FunctionType | type | ModuleType) -> bool:
    """Whether it comes with Python, a package or paribus."""
    name = value.__name__ if isinstance(value, ModuleType) else value.__module__
    return _comes_installed(name, getattr(sys.modules.get(name), "__file__", None))


def _comes_installed(module: str | None, file: str | None) -> bool:
    package = (module or "").partition(".")[0]
    if package in _STANDARD:
        return module != "__main__"
    folders = Path(file or "").parents
    return any(folder.name in _INSTALLERS or package in _installed_in(str(folder)) for folder in folders)


@functools.cache
def _installed_in(folder: str) -> frozenset[str]:
    """Modules and packages that were installed into a folder on the path, as `pip install --target` does."""
    if folder not in sys.path:
        return frozenset()
    installed = [
        distribution.files or () for distribution in distributions(path=[folder]) if distribution.read_text("RECORD")
    ]
    return frozenset(file.parts[0].partition(".")[0] for files in installed for file in files)
