# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
"""A run's folder: written under a temporary name, flushed to disk, renamed; there whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import load_file, save_file

from paribus.store.records import RunRecord


def run_folder(home: Path, key: str) -> Path:
    """Where the artifacts of a run lie."""
    return home / "runs" / key[:2] / key


def write_run(home: Path, record: RunRecord) -> Path:
    """Write recipe.json, history.parquet, predictions.npz, {weights,state}.safetensors; what is empty is left out."""
    final = run_folder(home, record.key)
    temporary = home / "runs" / f".writing-{os.getpid()}-{record.key}"
    shutil.rmtree(temporary, ignore_errors=True)  # left by an interrupted save of this process, or one of its number
    temporary.mkdir(parents=True)
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
    for file in temporary.iterdir():
        _flush(file)
    _flush(temporary)
    final.parent.mkdir(parents=True, exist_ok=True)
    if final.exists():  # left by a process that died before it could commit the row
        shutil.rmtree(final)
    temporary.rename(final)
    _flush(final.parent)
    return final


def _column(values: np.ndarray) -> Any:
    """An array's own memory; `pa.array` would import pandas, which takes half a second, to ask whether it is one."""
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def read_history(path: Path) -> dict[str, np.ndarray]:
    """Epoch columns, each of shape (epoch,)."""
    table = pq.read_table(path)
    return {name: table[name].to_numpy() for name in table.column_names}


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """Tensors by name."""
    return load_file(path)


def write_probe(home: Path, key: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Write or replace what was found in a run's network; nobody ever reads it half written."""
    folder = home / "probes"
    folder.mkdir(exist_ok=True)
    temporary = folder / f".writing-{os.getpid()}-{key}.npz"
    np.savez_compressed(temporary, allow_pickle=False, **arrays)
    _flush(temporary)
    temporary.rename(folder / f"{key}.npz")


def read_probe(home: Path, key: str) -> dict[str, np.ndarray]:
    """What `write_probe` wrote; empty if it never did."""
    path = home / "probes" / f"{key}.npz"
    return read_arrays(path) if path.is_file() else {}


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an NPZ file, by name."""
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def sweep(home: Path) -> None:
    """Remove what processes that are no longer alive left half-written."""
    for left in (path for name in ("runs", "probes", "checkpoints") for path in (home / name).glob(".writing-*")):
        if not _alive(int(left.name.split("-")[1])):
            left.unlink(missing_ok=True) if left.is_file() else shutil.rmtree(left, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
