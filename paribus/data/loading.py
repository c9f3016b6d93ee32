"""From what a study says of its data to the data."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from paribus.data.dataset import Dataset
from paribus.data.formats.arrays import dataset_from, read_npz
from paribus.data.formats.images import read_folder
from paribus.data.formats.tables import SUFFIXES, read_table
from paribus.data.formats.texts import holds_texts, read_texts
from paribus.errors import DataError, SpecError, suggest
from paribus.spec.data import DataSpec
from paribus.spec.parts import parts
from paribus.user_code import describe_error, import_function

_OPTIONS = {
    "label": "tables",
    "text_column": "tables with `text`",
    "image_size": "folders of images",
    "test": "sources without a test set",
}
"""Options of `data` that not all sources read, and which do."""


def load(spec: DataSpec, base: Path) -> Dataset:
    """Load the data of a study.

    Args:
        spec: its `source` is a registered name, a CSV, Parquet or NPZ file, a folder of images or texts,
            module:function, or a callable. A function takes nothing and returns a Dataset or a dictionary of the arrays
            that `dataset_from` allows.
        base: the study file's folder, which files are relative to. Modules are imported within `code_in` only.

    Returns:
        The data set. A source without a test set gets one: a share `spec.test` of each class, the same rows for all
        seeds of all studies.

    Raises:
        DataError: the source is not known, not there, damaged, or not what is allowed; or it does not read an option
            that is not the default.
    """
    source = spec.source
    if not isinstance(source, str):
        _check_read(spec, "test")
        return _from_function(source, getattr(source, "__name__", "callable"), spec.test)
    if source in parts("data"):
        _check_read(spec)
        return parts("data")[source].function()
    path = base / os.path.expanduser(source)
    if path.is_dir():
        texts = holds_texts(path)
        _check_read(spec, "test", *(() if texts else ("image_size",)))
        return read_texts(path, spec.test) if texts else read_folder(path, spec.test, spec.image_size)
    if source.endswith(SUFFIXES):
        _check_read(spec, "test", "label", *(("text_column",) if spec.text else ()))
        test = base / os.path.expanduser(spec.test) if isinstance(spec.test, str) else spec.test
        return read_table(path, spec.label, test, spec.text_column if spec.text else None)
    _check_read(spec, "test")
    if source.endswith(".npz"):
        return read_npz(path, spec.test)
    if ":" in source:
        return _from_function(_imported(source), source, spec.test)
    raise DataError(
        f"Unknown data source {source!r}. {suggest(source, parts('data'))} A file ends in "
        f"{', '.join(SUFFIXES)} or .npz; a folder holds images as CLASS/*.png or texts as CLASS/*.txt; a function is "
        "written module:function."
    )


def _check_read(spec: DataSpec, *read: str) -> None:
    """Refuse options other than the default that are not among those that the source `read`s."""
    for name, what in _OPTIONS.items():
        value = getattr(spec, name)
        if name not in read and value != DataSpec.model_fields[name].default:
            source = getattr(spec.source, "__name__", spec.source)
            raise DataError(f"data.{name}: is for {what}, found {value!r} for {source}. Remove it.")


def _from_function(function: Callable[[], Any], name: str, test: float | str) -> Dataset:
    """What the function returns, checked."""
    try:
        result = function()
    except KeyboardInterrupt:
        raise
    except BaseException as failed:  # whatever it raises, be it the end of the program
        raise DataError(f"{name} raised {describe_error(failed)}. Mend the function.") from failed
    if isinstance(result, Dataset):
        arrays = {name: getattr(result, name) for name in ("x_train", "y_train", "x_test", "y_test", "class_names")}
        return replace(dataset_from(arrays, result.name, test), notes=result.notes, feature_names=result.feature_names)
    if not isinstance(result, Mapping):
        raise DataError(
            f"{name} returned {type(result).__name__}. Allowed: a Dataset, or a dictionary with x_train, y_train, "
            "x_test, y_test, or x and y."
        )
    return dataset_from(result, name, test)


def _imported(source: str) -> Callable[[], Any]:
    """The function that module:function names."""
    try:
        return import_function(source)
    except SpecError as error:
        raise DataError(str(error)) from error
