"""From what a study says of its data to the data."""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from paribus.data.dataset import Dataset
from paribus.data.formats.arrays import dataset_from, read_npz
from paribus.data.formats.images import read_folder
from paribus.data.formats.tables import SUFFIXES, read_table
from paribus.errors import DataError, suggest
from paribus.spec.data import DataSpec
from paribus.spec.parts import parts


def load(spec: DataSpec, base: Path) -> Dataset:
    """Load the data of a study.

    Args:
        spec: its `source` is a registered name, a CSV, Parquet or NPZ file, a folder of images, module:function, or a
            callable. A function takes nothing and returns a Dataset or a dictionary of the arrays that `dataset_from`
            allows.
        base: the study file's folder: files are relative to it, modules are sought there first.

    Returns:
        The data set. A source without a test set gets one: a share `spec.test` of each class, the same rows for all
        seeds of all studies.

    Raises:
        DataError: the source is not known, not there, damaged, or not what is allowed.
    """
    source = spec.source
    if not isinstance(source, str):
        return _from_function(source, getattr(source, "__name__", "callable"), spec.test)
    if source in parts("data"):
        return parts("data")[source].function()
    path = base / Path(source).expanduser()
    if path.is_dir():
        return read_folder(path, spec.test, spec.image_size)
    if source.endswith(SUFFIXES):
        test = base / Path(spec.test).expanduser() if isinstance(spec.test, str) else spec.test
        return read_table(path, spec.label, test)
    if source.endswith(".npz"):
        return read_npz(path, spec.test)
    if ":" in source:
        return _from_function(_imported(source, base), source, spec.test)
    raise DataError(
        f"Unknown data source {source!r}. {suggest(source, parts('data'))} A file ends in "
        f"{', '.join(SUFFIXES)} or .npz; a folder holds images as CLASS/*.png; a function is written module:function."
    )


def _from_function(function: Callable[[], Any], name: str, test: float | str) -> Dataset:
    """What the function returns, checked."""
    try:
        result = function()
    except Exception as failed:
        raise DataError(f"{name} raised {_told(failed)}. Mend the function.") from failed
    if isinstance(result, Dataset):
        arrays = {field.name: getattr(result, field.name) for field in fields(result)}
        return replace(dataset_from(arrays, result.name, test), notes=result.notes, feature_names=result.feature_names)
    if not isinstance(result, Mapping):
        raise DataError(
            f"{name} returned {type(result).__name__}. Allowed: a Dataset, or a dictionary with x_train, y_train, "
            "x_test, y_test, or x and y."
        )
    return dataset_from(result, name, test)


def _imported(source: str, base: Path) -> Callable[[], Any]:
    """The function that module:function names."""
    module_name, _, function_name = source.partition(":")
    module = _import_from(base, module_name, source)
    function = getattr(module, function_name, None)
    if not callable(function):
        known = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
        raise DataError(
            f"{source}: {module.__name__} has no function {function_name!r}. {suggest(function_name, known)}"
        )
    return function


def _import_from(base: Path, module_name: str, source: str) -> Any:
    """Import with `base` first on the path, anew if another folder's module of that name was imported before."""
    own = (base / module_name.replace(".", "/")).resolve()
    files = (own.with_suffix(".py"), own / "__init__.py")
    imported = getattr(sys.modules.get(module_name), "__file__", None)
    if any(file.is_file() for file in files) and imported and Path(imported).resolve() not in files:
        del sys.modules[module_name]
    importlib.invalidate_caches()
    sys.path.insert(0, str(base))
    try:
        return importlib.import_module(module_name)
    except Exception as failed:  # whatever the user's module raises
        if not isinstance(failed, ModuleNotFoundError) or not f"{module_name}.".startswith(f"{failed.name}."):
            raise DataError(f"{source}: importing {module_name!r} raised {_told(failed)}. Mend the module.") from failed
        raise DataError(
            f"{source}: there is no module {failed.name!r} in {base.resolve()} or among the installed packages. Write "
            "the study file beside the module, or install it."
        ) from failed
    finally:
        sys.path.remove(str(base))


def _told(failed: Exception) -> str:
    """Kind, text and place of an error in the user's own code."""
    frame = traceback.extract_tb(failed.__traceback__)[-1]
    return f"{type(failed).__name__}: {failed} ({frame.filename}, line {frame.lineno})"
