"""Parquet files as frames; a place in one is named by row, column and value."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from paribus.data.formats.packed import check_unpacked
from paribus.errors import DataError

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def columns(path: Path) -> list[str]:
    """The names of the columns; an index that pandas wrote is none.

    Raises:
        DataError: the file cannot be read.
    """
    return [name for name in _schema(path).names if not name.startswith("__index_level_")]


def frame(path: Path, label: str) -> pd.DataFrame:
    """All rows: the label as text, whatever its type, and numbers; missing values as nan.

    Raises:
        DataError: the file cannot be read or unpacks to far more than its size, or a column but the label is of no
            numeric type.
    """
    import pyarrow.parquet as pq
    from pyarrow import types

    schema, names = _schema(path), columns(path)
    for name in names:
        kind = schema.field(name).type
        if name != label and not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
            raise DataError(f"{path}, column {name!r}: {kind} is no number. Encode it, or remove the column.")
    try:
        about = pq.read_metadata(path)
        pages = sum(about.row_group(at).total_byte_size for at in range(about.num_row_groups))
        check_unpacked(path, max(pages, 8 * about.num_rows * len(names)), "write it as CSV or NPZ")
        # the label as a dictionary, so that a long text that stands in every row is held once
        table = pq.read_table(path, columns=names, read_dictionary=[label]).to_pandas(ignore_metadata=True)
    except DataError:
        raise
    except Exception as failed:  # pyarrow raises many kinds for damaged files
        raise _unreadable(path, failed) from failed
    table[label] = table[label].astype(object).map(str, na_action="ignore")
    return table


def row(path: Path, number: int) -> str:
    """What an error calls the row `number`, counted from 0."""
    return f"row {number}"


def value(path: Path, number: int, at: int) -> str:
    """What stands in that row, in the column `at`."""
    import pyarrow.parquet as pq

    name = columns(path)[at]
    found = pq.read_table(path, columns=[name])[name][number].as_py()
    return "''" if found is None else repr(found)


def _schema(path: Path) -> pa.Schema:
    import pyarrow.parquet as pq

    try:
        return pq.read_schema(path)
    except Exception as failed:  # as above
        raise _unreadable(path, failed) from failed


def _unreadable(path: Path, failed: Exception) -> DataError:
    why = " ".join(str(failed).split())
    return DataError(f"{path} cannot be read as Parquet: {why}. Write it anew, as by pandas.DataFrame.to_parquet.")
