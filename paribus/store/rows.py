"""From a row of the database to its run, and from a run's folder to its row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Text, type_coerce

from paribus.store.answers import packed
from paribus.store.artifacts import read_arrays, read_record
from paribus.store.records.faults import read_facts, read_run
from paribus.store.records.recipe import RecipeFacts
from paribus.store.records.run import StoredRun
from paribus.store.tables import RUNS

COLUMNS = ("key", "seed", "recipe", "status", "epochs", "best_epoch", "time_s", "predicted_s", "metrics", "message")
STORED = [
    type_coerce(RUNS.c.recipe, Text).label("recipe") if name == "recipe" else RUNS.c[name]
    for name in (*COLUMNS, "created")
]
"""Columns of a run, without its answers, which are read apart; the recipe as it is written."""


def run_of_row(row: Iterable[Any]) -> StoredRun | None:
    """The run of a row of the columns `STORED`; None if it is damaged."""
    values = {column.name: value for column, value in zip(STORED, row, strict=True)}
    recipe, facts = _recipe(values["recipe"])
    return read_run({**values, "recipe": recipe}, facts)


@lru_cache(1024)
def _recipe(text: object) -> tuple[Any, RecipeFacts | None]:
    """A recipe from its text, and what is asked of it: read once for all the seeds that share it."""
    try:
        recipe = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None, None
    return recipe, read_facts(recipe)


def row_of_folder(folder: Path) -> dict[str, Any] | None:
    """The row of a run from its folder, by column; None if that is of an earlier version."""
    values = read_record(folder)
    if not {"created", *COLUMNS} <= values.keys():
        return None
    predictions = read_arrays(folder / "predictions.npz") if "predictions.npz" in values["files"] else {}
    row: dict[str, Any] = {name: values[name] for name in COLUMNS} | {
        "created": datetime.fromisoformat(values["created"])
    }
    return {**row, "answers": packed(predictions)} if read_run(row, read_facts(row["recipe"])) else None


def canonical_row(row: Mapping[str, Any]) -> str:
    """All that a row says, but when; nan is itself."""
    return json.dumps([row[name] for name in COLUMNS], sort_keys=True)
