# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
"""The files of a run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import load_file, save_file

from paribus.store.keys import checked_key
from paribus.store.records import RunRecord
from paribus.store.writing import written


def run_folder(home: Path, key: str) -> Path:
    """Where the artifacts of a run lie."""
    return home / "runs" / checked_key(key)[:2] / key


def write_run(home: Path, record: RunRecord) -> Path:
    """Write recipe.json, history.parquet, predictions.npz, {weights,state}.safetensors; what is empty is left out."""
    final = run_folder(home, record.key)
    with written(final, home / "runs") as temporary:
        temporary.mkdir()
        values = {"key": record.key, "seed": record.seed, "recipe": record.recipe, "engine": record.engine}
        (temporary / "recipe.json").write_text(json.dumps(values, indent=1), encoding="utf-8")
        if record.history:
            epochs = np.arange(1, record.epochs + 1)
            table = pa.table({name: _column(values) for name, values in {"epoch": epochs, **record.history}.items()})
            pq.write_table(table, temporary / "history.parquet")
        if record.predictions:
            np.savez(temporary / "predictions.npz", allow_pickle=False, **record.predictions)
        if record.weights:
            save_file(record.weights, temporary / "weights.safetensors")
            save_file(record.state, temporary / "state.safetensors")
        if final.exists():  # left by a process that died before it could commit the row
            shutil.rmtree(final)
    return final


def _column(values: np.ndarray) -> Any:
    """An array's own memory; `pa.array` would import pandas, which takes half a second, to ask whether it is one."""
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def read_history(path: Path) -> dict[str, np.ndarray]:
    """Epoch columns, each of shape (epoch,)."""
    table = pq.ParquetFile(path).read()  # `read_table` would import datasets
    return {name: table[name].to_numpy() for name in table.column_names}


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """Tensors by name."""
    return load_file(path)


def write_probe(home: Path, key: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Write or replace what was found in a run's network; nobody ever reads it half written."""
    with written(_probe(home, key)) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **arrays)


def read_probe(home: Path, key: str) -> dict[str, np.ndarray]:
    """What `write_probe` wrote; empty if it never did."""
    path = _probe(home, key)
    return read_arrays(path) if path.is_file() else {}


def _probe(home: Path, key: str) -> Path:
    return home / "probes" / f"{checked_key(key)}.npz"


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an NPZ file, by name."""
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}
