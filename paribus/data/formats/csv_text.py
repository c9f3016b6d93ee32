"""CSV files as frames; a place in one is named by line, column and what is written there."""

from __future__ import annotations

import csv
import gzip
import lzma
import zlib
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from paribus.data.formats.packed import check_stream
from paribus.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?"]
_OPEN = {".gz": gzip.open, ".xz": lzma.open}
csv.field_size_limit(2**31 - 1)  # a text may be long; what a packed file unpacks to is limited before
_FAILURES = (OSError, EOFError, ValueError, MemoryError, zlib.error, lzma.LZMAError, csv.Error)


def columns(path: Path) -> list[str]:
    """The names in the first line.

    Raises:
        DataError: the file cannot be read or unpacks to far more than its size, or its first line is empty.
    """
    try:
        if path.suffix in _OPEN:
            with _OPEN[path.suffix](path, "rb") as stream:
                check_stream(stream, path)
        with _open(path) as file:
            names = next(csv.reader(file, skipinitialspace=True), [])
    except _FAILURES as failed:
        raise _unreadable(path, failed) from failed
    if not names:
        raise DataError(f"{path} is empty or starts with an empty line. Its first line must name the columns.")
    return names


def frame(path: Path, label: str, text: str | None = None) -> pd.DataFrame:
    """All rows: the label and the column `text` as text, the rest as pandas reads it, missing values as nan.

    Raises:
        DataError: the file cannot be read, or a row has more values than the header names columns, or fewer if there
            are texts.
    """
    import pandas as pd

    names, texts = columns(path), {label, text} - {None}
    try:
        # pandas would take the first of too many values for an index, and what is lacking for an empty text
        _check_width(path, len(names), None if text else 1)
        return pd.read_csv(
            path,
            dtype=dict.fromkeys(texts, str),
            keep_default_na=False,
            na_values={name: _MISSING for name in names if name not in texts},
            skipinitialspace=True,
            low_memory=False,
            encoding="utf-8",
        )
    except _FAILURES as failed:
        if isinstance(failed, pd.errors.ParserError):
            with suppress(*_FAILURES):
                _check_width(path, len(names))
        raise _unreadable(path, failed) from failed


def row(path: Path, number: int) -> str:
    """What an error calls the data row `number`, counted from 0: the line where it starts, counted from 1."""
    return f"line {_record(path, number)[0]}"


def value(path: Path, number: int, at: int) -> str:
    """What is written in that row, in the column `at`."""
    fields = _record(path, number)[1]
    return repr(fields[at] if at < len(fields) else "")


def _record(path: Path, number: int) -> tuple[int, list[str]]:
    """Line and values of a row; pandas and Python may part damaged lines otherwise, so that there is no such row."""
    return next(islice(_records(path), number, None), (number + 2, []))


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line and values of every row. Read anew, because pandas skips empty lines and keeps no line numbers."""
    with _open(path) as file:
        reader = csv.reader(file, skipinitialspace=True)
        next(reader)  # the header
        start = reader.line_num + 1
        for fields in reader:
            if any(field.strip() for field in fields) or len(fields) > 1:
                yield start, fields
            start = reader.line_num + 1


def _check_width(path: Path, num_columns: int, num_rows: int | None = None) -> None:
    """Raise at the first of the first `num_rows` rows that has more or fewer values than there are columns."""
    for line, fields in islice(_records(path), num_rows):
        if len(fields) != num_columns:
            raise DataError(
                f"{path}, line {line}: {len(fields)} values where the header names {num_columns} columns. Mend it."
            )


def _open(path: Path) -> TextIO:
    return _OPEN.get(path.suffix, open)(path, "rt", encoding="utf-8-sig", newline="")  # pyright: ignore[reportReturnType]


def _unreadable(path: Path, failed: Exception) -> DataError:
    return DataError(
        f"{path} cannot be read as CSV: {str(failed).strip()}. Commas, one header line and UTF-8 are asked."
    )
