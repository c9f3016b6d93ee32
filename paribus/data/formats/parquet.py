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


def frame(path: Path, label: str, text: str | None = None) -> pd.DataFrame:
    """All rows: the label as text, whatever its type, the column `text`, and numbers; missing values as nan.

    Raises:
        DataError: the file cannot be read or unpacks to far more than its size, the column `text` holds no texts, or
            another but the label no numbers.
    """
    import pyarrow.parquet as pq
    from pyarrow import types

    schema, names = _schema(path), columns(path)
    for name in names:
        kind = schema.field(name).type
        number = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
        if name == text and not (types.is_string(kind) or types.is_large_string(kind)):
            raise DataError(
                f"{path}, column {name!r}: {kind} is no text. Set `data.text_column`, or remove `data.text`."
            )
        if name not in (label, text) and not number:
            raise DataError(
                f"{path}, column {name!r}: {kind} is no number. Encode it, remove the column, or set `data.text` if "
                "the items are texts."
            )
    try:
        about = pq.read_metadata(path)
        pages = sum(about.row_group(at).total_byte_size for at in range(about.num_row_groups))
        check_unpacked(path, max(pages, 8 * about.num_rows * len(names)), "write it as CSV or NPZ")
        # texts as a dictionary, so that a long one that stands in every row is held once
        texts = [name for name in names if name in (label, text)]
        table = pq.read_table(path, columns=names, read_dictionary=texts).to_pandas(ignore_metadata=True)
    except DataError:
        raise
    except Exception as failed:  # pyarrow raises many kinds for damaged files
        raise _unreadable(path, failed) from failed
    for name in texts:
        values = table[name].astype(object)
        check_unpacked(path, sum(len(str(value)) for value in values), "write it as CSV or NPZ")
        table[name] = values.map(str, na_action="ignore")
    return table


def row(path: Path, number: int) -> str:
    """What an error calls the row `number`, counted from 0."""
    return f"row {number}"


def value(path: Path, number: int, at: int) -> str:
    """What stands in that row, in the column `at`."""
    import pyarrow.parquet as pq

    name = columns(path)[at]
    cell = pq.read_table(path, columns=[name])[name][number].as_py()
    return "''" if cell is None else repr(cell)


def _schema(path: Path) -> pa.Schema:
    import pyarrow.parquet as pq

    try:
        return pq.read_schema(path)
    except Exception as failed:  # as above
        raise _unreadable(path, failed) from failed


def _unreadable(path: Path, failed: Exception) -> DataError:
    why = " ".join(str(failed).split())
    return DataError(f"{path} cannot be read as Parquet: {why}. Write it anew, as by pandas.DataFrame.to_parquet.")
