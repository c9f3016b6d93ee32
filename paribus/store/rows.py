"""From a row of the database to its run, and from a run's folder to its row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from paribus.store.answers import packed
from paribus.store.artifacts import read_arrays, read_record
from paribus.store.records.faults import read_run
from paribus.store.records.run import StoredRun
from paribus.store.tables import RUNS

COLUMNS = ("key", "seed", "recipe", "status", "epochs", "best_epoch", "time_s", "predicted_s", "metrics", "message")
STORED = [RUNS.c[name] for name in (*COLUMNS, "created")]
"""Columns of a run, without its answers, which are read apart."""


def run_of_row(row: Iterable[Any]) -> StoredRun | None:
    """The run of a row of the columns `STORED`; None if it is damaged."""
    return read_run({column.name: value for column, value in zip(STORED, row, strict=True)})


def row_of_folder(folder: Path) -> dict[str, Any] | None:
    """The row of a run from its folder, by column; None if that is of an earlier version."""
    values = read_record(folder)
    if not {"created", *COLUMNS} <= values.keys():
        return None
    predictions = read_arrays(folder / "predictions.npz") if "predictions.npz" in values["files"] else {}
    row: dict[str, Any] = {name: values[name] for name in COLUMNS} | {
        "created": datetime.fromisoformat(values["created"])
    }
    return {**row, "answers": packed(predictions)} if read_run(row) else None


def canonical_row(row: Mapping[str, Any]) -> str:
    """All that a row says, but when; nan is itself."""
    return json.dumps([row[name] for name in COLUMNS], sort_keys=True)
