"""Functions of the user's own, written `module:function`: imported only where the user names them, and announced.

Nothing is imported outside of `code_in`: what a home, a table or a report says can bring in no code.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from paribus.errors import SpecError, suggest
from paribus.user_code.code_hash import code_hash

_VERSIONS: dict[str, tuple[Path, int]] = {}
"""File of each module that was imported by name, and when it was last changed, in nanoseconds."""


@dataclass(frozen=True)
class Origin:
    """Who names the code, which decides what may be imported.

    Args:
        folder: where modules are sought before what is installed; a study file's own, or the working directory.
        named_by: the study file, or the command line; empty for a program in Python, whose names are its own code.
        trusted: import what `named_by` names from anywhere, not only what lies beside it, below the working directory.
        announced: names of functions that were announced.
    """

    folder: Path = field(default_factory=Path.cwd)
    named_by: str = ""
    trusted: bool = False
    announced: set[str] = field(default_factory=set[str], compare=False)


_ORIGIN: ContextVar[Origin | None] = ContextVar("origin", default=None)


@contextmanager
def code_in(origin: Origin) -> Generator[None]:
    """Within this, names may be imported, as far as `origin` allows; elsewhere nothing is."""
    token = _ORIGIN.set(origin)
    try:
        yield
    finally:
        _ORIGIN.reset(token)


def origin_given() -> Origin | None:
    """Who names code here; None where nobody does, so that nothing is imported."""
    return _ORIGIN.get()


def import_function(name: str) -> Callable[..., Any]:
    """The function that `module:function` names.

    Raises:
        SpecError: nobody who may names it here, or it lies where only what is trusted is imported from; there is no
            such module or function, or importing the module raised.
    """
    origin = _ORIGIN.get()
    if origin is None:
        raise SpecError(
            f"{name} is code, and what is stored brings in none. Open the study file that names it first, give the "
            "function in Python, or load the network with trust=True."
        )
    module_name, _, function_name = name.partition(":")
    file = _file_of(module_name, origin)
    _announce(name, origin, file)
    module = sys.modules["__main__"] if module_name == "__main__" else _imported(module_name, name, origin, file)
    found: Any = module
    for step in function_name.split("."):
        found = getattr(found, step, None)
    if not callable(found):
        names = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise SpecError(f"{name}: {module_name} has no function {function_name!r}. {suggest(function_name, names)}")
    return found


def name_of(function: Callable[..., Any]) -> str:
    """`module:function`, which a recipe carries.

    Raises:
        SpecError: it has no name, as a `functools.partial` has none.
    """
    if not hasattr(function, "__qualname__"):
        raise SpecError(f"{function!r} has no name. Write a function with `def` that calls it.")
    return f"{function.__module__}:{function.__qualname__}"


def own_name(function: Callable[..., Any]) -> str:
    """The same, with a part of the code's hash where another function may have that name too, as those made within one.

    Raises:
        SpecError: as of `name_of`.
    """
    name = name_of(function)
    return f"{name}@{code_hash(function)[:8]}" if "<" in name else name


def describe_error(failed: BaseException) -> str:
    """Kind, text and place of an error in the user's own code."""
    frame = traceback.extract_tb(failed.__traceback__)[-1]
    return f"{type(failed).__name__}: {failed} ({frame.filename}, line {frame.lineno})"


def _file_of(module_name: str, origin: Origin) -> Path | None:
    """The module's file in the origin's folder; None where there is none."""
    steps = module_name.split(".")
    if not all(step.isidentifier() for step in steps):
        return None
    own = origin.folder.joinpath(*steps).resolve()
    return next((file for file in (own.with_suffix(".py"), own / "__init__.py") if file.is_file()), None)


def _announce(name: str, origin: Origin, file: Path | None) -> None:
    """Say that code will run; refuse what does not lie beside a study file in or below the working directory.

    Raises:
        SpecError: it does not, and is not trusted.
    """
    if not origin.named_by or name in origin.announced:
        return
    module_name, _, function_name = name.partition(":")
    folder, here = origin.folder.resolve(), Path.cwd().resolve()
    shown = f"{file.relative_to(folder)}:{function_name}" if file and file.is_relative_to(folder) else name
    if not origin.trusted and not (folder.is_relative_to(here) and (file or not _is_elsewhere(module_name))):
        where = f"in {folder}, which lies outside the working directory" if file else f"which does not lie in {folder}"
        raise SpecError(
            f"{origin.named_by} names code, {shown}, {where}: it would be imported and run. If you trust it, give "
            "--trust, in Python trust=True; else remove it."
        )
    sys.stderr.write(f"{origin.named_by} names code: {shown}; it is imported and run.\n")
    origin.announced.add(name)


def _is_elsewhere(module_name: str) -> bool:
    """Whether the module, or its package, comes with Python, is installed, or is the program itself."""
    with suppress(ValueError):  # of what has no name, or was made by hand
        return find_spec(module_name.partition(".")[0]) is not None
    return module_name in sys.modules


def _imported(module_name: str, name: str, origin: Origin, file: Path | None) -> Any:
    """Import with the folder first on the path, anew if what was imported before is another file, or has changed."""
    folder = str(origin.folder)
    imported = getattr(sys.modules.get(module_name), "__file__", None)
    if file:
        version = file, file.stat().st_mtime_ns
        if imported and (Path(imported).resolve() != file or _VERSIONS.get(module_name, version) != version):
            del sys.modules[module_name]
        _VERSIONS[module_name] = version
    importlib.invalidate_caches()
    sys.path.insert(0, folder)
    try:
        return importlib.import_module(module_name)
    except KeyboardInterrupt:
        raise
    except BaseException as failed:  # whatever the user's module raises, be it the end of the program
        if not isinstance(failed, ModuleNotFoundError) or not f"{module_name}.".startswith(f"{failed.name}."):
            raise SpecError(
                f"{name}: importing {module_name!r} raised {describe_error(failed)}. Mend the module."
            ) from failed
        raise SpecError(
            f"{name}: there is no module {failed.name!r} in {origin.folder.resolve()} or among the installed packages. "
            "Write the study file beside the module, or install it."
        ) from failed
    finally:
        with suppress(ValueError):  # the module may have removed it
            sys.path.remove(folder)
