"""CSV files as frames; a place in one is named by line, column and what is written there."""

from __future__ import annotations

import csv
import gzip
import lzma
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from paribus.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_MISSING = ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "?"]
_OPEN = {".gz": gzip.open, ".xz": lzma.open}
_FAILURES = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, csv.Error)


def columns(path: Path) -> list[str]:
    """The names in the first line.

    Raises:
        DataError: the file cannot be read, or its first line is empty.
    """
    try:
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
        DataError: the file cannot be read, or a row has more values than the header names columns.
    """
    import pandas as pd

    names, texts = columns(path), {label, text} - {None}
    try:
        with _open(path) as file:
            rows = csv.reader(file, skipinitialspace=True)
            next(rows)  # the header
            first = next((fields for fields in rows if any(map(str.strip, fields))), [])
        if len(first) > len(names):
            found = f"{len(first)} values where the header names {len(names)} columns"
            raise DataError(f"{path}, {row(path, 0)}: {found}. Mend the file.")
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
        raise _unreadable(path, failed) from failed


def row(path: Path, number: int) -> str:
    """What an error calls the data row `number`, counted from 0: the line where it starts, counted from 1."""
    return f"line {_record(path, number)[0]}"


def value(path: Path, number: int, at: int) -> str:
    """What is written in that row, in the column `at`."""
    fields = _record(path, number)[1]
    return repr(fields[at] if at < len(fields) else "")


def _record(path: Path, number: int) -> tuple[int, list[str]]:
    """Line and values of a row. Read anew, because pandas skips empty lines and keeps no line numbers."""
    with _open(path) as file:
        reader = csv.reader(file, skipinitialspace=True)
        start, seen = 1, -2
        for fields in reader:
            seen += any(field.strip() for field in fields) or len(fields) > 1
            if seen == number:
                return start, fields
            start = reader.line_num + 1
    raise AssertionError(f"{path} has no data row {number}")


def _open(path: Path) -> TextIO:
    return _OPEN.get(path.suffix, open)(path, "rt", encoding="utf-8-sig", newline="")  # pyright: ignore[reportReturnType]


def _unreadable(path: Path, failed: Exception) -> DataError:
    return DataError(f"{path} cannot be read as CSV: {failed}. Commas, one header line and UTF-8 are asked.")
