"""Functions of the user's own, written `module:function`: found beside the study file, then among what is installed."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from paribus.errors import SpecError, suggest

_VERSIONS: dict[str, tuple[Path, int]] = {}
"""File of each module that was imported by name, and when it was last changed, in nanoseconds."""
_FOLDER: ContextVar[Path | None] = ContextVar("folder", default=None)


@contextmanager
def code_in(folder: Path) -> Generator[None]:
    """Within this, modules are sought in `folder` first; else in the working directory."""
    token = _FOLDER.set(folder)
    try:
        yield
    finally:
        _FOLDER.reset(token)


def folder_is_given() -> bool:
    """Whether a study file is being read, so that names mean the modules beside it."""
    return _FOLDER.get() is not None


def import_function(name: str) -> Callable[..., Any]:
    """The function that `module:function` names.

    Raises:
        SpecError: there is no such module or function, or importing the module raised.
    """
    module_name, _, function_name = name.partition(":")
    module = sys.modules["__main__"] if module_name == "__main__" else _imported(module_name, name)
    found: Any = module
    for step in function_name.split("."):
        found = getattr(found, step, None)
    if not callable(found):
        known = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise SpecError(f"{name}: {module_name} has no function {function_name!r}. {suggest(function_name, known)}")
    return found


def name_of(function: Callable[..., Any]) -> str:
    """`module:function`, which a recipe carries.

    Raises:
        SpecError: it has no name, as a `functools.partial` has none.
    """
    if not hasattr(function, "__qualname__"):
        raise SpecError(f"{function!r} has no name. Write a function with `def` that calls it.")
    return f"{function.__module__}:{function.__qualname__}"


def told(failed: BaseException) -> str:
    """Kind, text and place of an error in the user's own code."""
    frame = traceback.extract_tb(failed.__traceback__)[-1]
    return f"{type(failed).__name__}: {failed} ({frame.filename}, line {frame.lineno})"


def _imported(module_name: str, name: str) -> Any:
    """Import with the folder first on the path, anew if what was imported before is another file, or has changed."""
    folder = _FOLDER.get() or Path.cwd()
    own = (folder / module_name.replace(".", "/")).resolve()
    file = next((file for file in (own.with_suffix(".py"), own / "__init__.py") if file.is_file()), None)
    imported = getattr(sys.modules.get(module_name), "__file__", None)
    if file:
        version = file, file.stat().st_mtime_ns
        if imported and (Path(imported).resolve() != file or _VERSIONS.get(module_name, version) != version):
            del sys.modules[module_name]
        _VERSIONS[module_name] = version
    importlib.invalidate_caches()
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(module_name)
    except Exception as failed:  # whatever the user's module raises
        if not isinstance(failed, ModuleNotFoundError) or not f"{module_name}.".startswith(f"{failed.name}."):
            raise SpecError(f"{name}: importing {module_name!r} raised {told(failed)}. Mend the module.") from failed
        raise SpecError(
            f"{name}: there is no module {failed.name!r} in {folder.resolve()} or among the installed packages. Write "
            "the study file beside the module, or install it."
        ) from failed
    finally:
        sys.path.remove(str(folder))
