"""Tables from files: a label column, all others numeric features or one the texts; a mistake is named by its place."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from paribus.data.dataset import Dataset
from paribus.data.formats import csv_text, parquet
from paribus.data.formats.arrays import SHARE, dataset_from
from paribus.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".csv.gz", ".csv.xz", ".parquet")
_LONGEST, _MOST_COLUMNS = 1_000, 100_000
"""Characters of a label, and columns."""


def read_table(path: Path, label: str, test: float | Path, text: str | None = None) -> Dataset:
    """The data set in a CSV file, whose first line names the columns, or in a Parquet file.

    64 or more columns of whole numbers from 0 to 255 are pixels and stay uint8, as squares of shape (row, side, side)
    if their number is a square. All else becomes float32 of shape (row, feature).

    Args:
        path: the file, with one of `SUFFIXES`; .gz and .xz are packed.
        label: column of the class, of any type.
        test: share of each class held out, or the file that holds the test set.
        text: column of the texts, if the items are texts; there must be no other but the label then.

    Raises:
        DataError: a file is not there or cannot be read; a feature is missing or no number; the columns differ; or the
            classes are not what `dataset_from` allows. It names the line (CSV) or the row (Parquet) of the file.
    """
    paths = [path, test] if isinstance(test, Path) else [path]
    tables = [_read(each, label, text) for each in paths]
    if len(tables) == 2:
        tables[1] = _same_columns(tables[1], tables[0], paths)
    x_keys, y_keys = (["x_train", "x_test"], ["y_train", "y_test"]) if len(tables) == 2 else (["x"], ["y"])
    if text is None:
        items = _features([table.drop(columns=label) for table in tables])
    else:
        items = [table[text].to_numpy(object) for table in tables]
    arrays = dict(zip(x_keys, items, strict=True))
    arrays |= dict(zip(y_keys, _labels([table[label] for table in tables]), strict=True))
    files = dict(zip(y_keys, paths, strict=True))

    def row_name(key: str, row: int) -> str:
        return f"{files[key]}, {_reader(files[key]).row(files[key], row)}, column {label!r}"

    dataset = dataset_from(arrays, path.name, SHARE if isinstance(test, Path) else test, row_name)
    names = tuple(map(str, tables[0].columns.drop(label))) if len(dataset.item_shape) == 1 else ()
    return replace(dataset, feature_names=names)


def _reader(path: Path):
    """The module that reads such a file."""
    return parquet if path.suffix == ".parquet" else csv_text


def _read(path: Path, label: str, text: str | None) -> pd.DataFrame:
    """The checked table of one file: the label as text, features as numbers, or one column as texts."""
    if not path.is_file():
        raise DataError(f"{path} does not exist. Give a file, relative to the study file's folder.")
    if not path.name.endswith(SUFFIXES):
        raise DataError(f"{path} is not a table. Its name must end in one of {', '.join(SUFFIXES)}.")
    _check_header(_reader(path).columns(path), label, path)
    if text is not None:
        _check_text_column(_reader(path).columns(path), label, text, path)
    table = _reader(path).frame(path, label, text)
    if table.empty:
        raise DataError(f"{path} has a header but no rows. Add rows.")
    if text is None:
        _check_numbers(table, label, path)
    _check_missing(table, label, path)
    _check_labels(table[label], path)
    return table


def _check_header(columns: list[str], label: str, path: Path) -> None:
    if len(columns) > _MOST_COLUMNS:
        raise DataError(f"{path} has {len(columns):,} columns. Allowed: {_MOST_COLUMNS:,}. Save it as an NPZ file.")
    unnamed = next((at for at, column in enumerate(columns, 1) if not column.strip()), None)
    if unnamed is not None:
        raise DataError(f"{path}: column {unnamed} has no name; pandas writes its index so. Remove it, or name it.")
    twice = next((column for column, count in Counter(columns).items() if count > 1), None)
    if label not in columns:
        near = get_close_matches(label, columns, n=1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        shown = ", ".join(columns[:20]) + (f" and {len(columns) - 20} more" if len(columns) > 20 else "")
        raise DataError(
            f"{path} has no column {label!r} for the label. {hint}It names: {shown}. Set `data.label` (--label)."
        )
    if twice is not None:
        raise DataError(f"{path} has more than one column {twice!r}. Rename or remove all but one.")
    if len(columns) == 1:
        raise DataError(f"{path} has no column but the label {label!r}. Add a column of numbers.")


def _check_text_column(columns: list[str], label: str, text: str, path: Path) -> None:
    others = [column for column in columns if column not in (label, text)]
    shown = ", ".join(others[:20]) + (f" and {len(others) - 20} more" if len(others) > 20 else "")
    if text == label or text not in columns:
        raise DataError(
            f"{path} has no column {text!r} for the texts beside the label {label!r}. Others: {shown or 'none'}. Set "
            "`data.text_column` (--text)."
        )
    if others:
        raise DataError(
            f"{path} has columns beside the texts {text!r} and the label {label!r}: {shown}. Remove them, or set "
            "`data.text_column` or `data.label` if another is meant."
        )


def _check_numbers(table: pd.DataFrame, label: str, path: Path) -> None:
    """Raise at text and at numbers too large."""
    import pandas as pd

    for column in table.columns.drop(label):
        try:
            numbers = pd.to_numeric(table[column], errors="coerce")
        except OverflowError:  # of a whole number beyond float64, which as text is inf
            numbers = pd.to_numeric(table[column].astype(str), errors="coerce")
        bad = table[column].notna() & numbers.isna()
        what = "is no number. Encode text as numbers, remove the column, or set `data.text` if the items are texts"
        if not bad.any():
            bad = numbers.abs() > np.finfo(np.float32).max
            what = "is not finite in float32. Correct it or remove the row"
        if bad.any():
            raise DataError(f"{_place(path, table, int(bad.to_numpy().argmax()), column)} {what}.")


def _check_missing(table: pd.DataFrame, label: str, path: Path) -> None:
    missing = table.isna()
    labels = table[label].astype(object).where(~missing[label], "")  # which may have no text at all
    missing[label] |= labels.str.strip() == ""
    counts = missing.sum()
    if counts.any():
        named = [f"{column!r} {count}" for column, count in counts[counts > 0].items()]
        more = f" and {len(named) - 5} more columns" if len(named) > 5 else ""
        row = int(missing.any(axis=1).to_numpy().argmax())
        first = _place(path, table, row, missing.columns[int(missing.iloc[row].to_numpy().argmax())])
        raise DataError(
            f"{first} is the first of {counts.sum()} missing values ({', '.join(named[:5])}{more}). Fill them in or "
            "remove the rows."
        )


def _check_labels(labels: pd.Series, path: Path) -> None:
    lengths = labels.str.len()
    if lengths.max() > _LONGEST:
        row = int((lengths > _LONGEST).to_numpy().argmax())
        raise DataError(
            f"{path}, {_reader(path).row(path, row)}, column {labels.name!r}: a label of {lengths.iloc[row]:,} "
            f"characters. Allowed: {_LONGEST:,}. Correct it, or set `data.label` if another column is meant."
        )


def _place(path: Path, table: pd.DataFrame, row: int, column: str) -> str:
    """File, row, column and what is written there."""
    at = list(table.columns).index(column)
    return f"{path}, {_reader(path).row(path, row)}, column {column!r}: {_reader(path).value(path, row, at)}"


def _same_columns(table: pd.DataFrame, like: pd.DataFrame, paths: list[Path]) -> pd.DataFrame:
    """The test table with its columns in the order of the training table."""
    lacks = [column for column in like if column not in table]
    extra = [column for column in table if column not in like]
    if lacks or extra:
        raise DataError(
            f"{paths[1]} has other columns than {paths[0]}: it lacks {lacks[:5] or 'none'}, it adds "
            f"{extra[:5] or 'none'}. Make the columns equal."
        )
    return table[like.columns]


def _features(frames: list[pd.DataFrame]) -> list[np.ndarray]:
    """Items of each part: all uint8 if all are pixels, else all float."""
    num_columns = frames[0].shape[1]
    whole = all(dtype.kind in "iu" for frame in frames for dtype in frame.dtypes)
    if num_columns < 64 or not whole:
        return [frame.to_numpy(np.float64) for frame in frames]
    numbers = [frame.to_numpy() for frame in frames]
    if any(x.min() < 0 or x.max() > 255 for x in numbers):
        return numbers
    side = math.isqrt(num_columns)
    item = (side, side) if side * side == num_columns else (num_columns,)
    return [x.astype(np.uint8).reshape(-1, *item) for x in numbers]


def _labels(columns: list[pd.Series]) -> list[np.ndarray]:
    """As numbers if all are written as such, so that 10 sorts after 2, else as text: 007 is not 7."""
    import pandas as pd

    texts = [column.str.strip() for column in columns]
    if all(text.str.fullmatch(r"[-+]?(0|[1-9]\d*)(\.\d*)?").all() for text in texts):
        return [pd.to_numeric(text).to_numpy() for text in texts]
    return [text.to_numpy(object) for text in texts]
