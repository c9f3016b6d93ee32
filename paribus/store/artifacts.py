# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
"""The files of runs, probes and studies."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors.numpy import load, save_file

from paribus.errors import DamagedError
from paribus.store.checksums import SEAL, SUMS, check_sums, read_sealed, read_whole, seal
from paribus.store.keys import checked_key, checked_name
from paribus.store.records import RunRecord
from paribus.store.writing import written

T = TypeVar("T")
Kept = Literal["verdicts", "scores"]
_IN_FILES = ("history", "predictions", "weights", "state")


def run_folder(home: Path, key: str) -> Path:
    """Where the artifacts of a run lie."""
    return home / "runs" / checked_key(key)[:2] / key


def write_run(home: Path, record: RunRecord) -> datetime:
    """Write recipe.json, history.parquet, predictions.npz, {weights,state}.safetensors; what is empty is left out.

    recipe.json has all that the run's row has, so that a lost one can be made again, and the bytes of each other file.

    Returns:
        When it was written.
    """
    final, created = run_folder(home, record.key), datetime.now(UTC)
    with written(final, home / "runs") as folder:
        folder.mkdir()
        if record.history:
            epochs = np.arange(1, record.epochs + 1)
            table = pa.table({name: _column(values) for name, values in {"epoch": epochs, **record.history}.items()})
            pq.write_table(table, folder / "history.parquet")
        if record.predictions:
            np.savez(folder / "predictions.npz", allow_pickle=False, **record.predictions)
        if record.weights:
            save_file(record.weights, folder / "weights.safetensors")
            save_file(record.state, folder / "state.safetensors")
        values = {name: value for name, value in vars(record).items() if name not in _IN_FILES}
        values |= {"created": created.isoformat(), "files": {f.name: f.stat().st_size for f in folder.iterdir()}}
        (folder / "recipe.json").write_text(json.dumps(values, indent=1), encoding="utf-8")
        if final.exists():  # left by a process that died before it could commit the row
            shutil.rmtree(final)
    return created


def read_record(folder: Path) -> dict[str, Any]:
    """What recipe.json says: the fields of the run's record but its arrays, `created` and `files`.

    Folders of earlier versions have key, seed, recipe and engine alone.

    Raises:
        DamagedError: it is damaged or missing.
    """
    return parsed(folder / "recipe.json", json.loads)


def fault_of_run(folder: Path, deep: bool, *, finished: bool = False) -> str:
    """What is wrong with the folder of a run, in a sentence; empty if nothing is.

    Args:
        folder: of the run.
        deep: read and verify every file, in place of asking whether it is there in its size.
        finished: whether the run did, which says what a folder of an earlier version must have.
    """
    if not folder.is_dir():
        return f"{folder} is missing."
    try:
        _check_run(folder, deep, finished)
    except DamagedError as error:
        return str(error)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        return f"{error.filename} is missing."
    except (KeyError, TypeError, AttributeError) as error:
        return f"{folder / 'recipe.json'} is damaged: {error!r}"
    return ""


def _check_run(folder: Path, deep: bool, finished: bool) -> None:
    record = read_record(folder)
    if record["key"] != folder.name:
        raise DamagedError(f"{folder} holds another run, {record['key']}.")
    if "files" not in record:
        _check_old(folder, deep, finished)
    elif deep:
        check_sums(folder)
    elif not (folder / SUMS).is_file():
        raise DamagedError(f"{folder / SUMS} is missing.")
    else:
        for name, size in record["files"].items():
            actual = (folder / name).stat().st_size
            if size != actual:
                raise DamagedError(f"{folder / name} is damaged: it has {actual:,} bytes, not {size:,}.")


def _check_old(folder: Path, deep: bool, finished: bool) -> None:
    """A folder of an earlier version has no checksums: what is noticed there is what is missing or cannot be read."""
    for name, read in _READERS.items():
        path, optional = folder / name, name == "state.safetensors"
        if (finished and not optional) or path.is_file():
            read(path) if deep else path.stat()


def _column(values: np.ndarray) -> Any:
    """An array's own memory; `pa.array` would import pandas, which takes half a second, to ask whether it is one."""
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def read_history(path: Path) -> dict[str, np.ndarray]:
    """Epoch columns, each of shape (epoch,)."""
    return parsed(path, _history)


def read_weights(path: Path) -> dict[str, np.ndarray]:
    """Tensors by name."""
    return parsed(path, load)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an NPZ file, by name."""
    return parsed(path, _arrays)


def parsed(path: Path, parse: Callable[[bytes], T]) -> T:
    """What the content of a file is, once it is verified.

    Raises:
        DamagedError: the file is damaged or missing.
    """
    content = read_whole(path)
    try:
        return parse(content)
    except Exception as error:  # of a file without a checksum, of whatever reads it
        raise DamagedError(f"{path} is damaged: {error}") from error


def _history(content: bytes) -> dict[str, np.ndarray]:
    table = pq.ParquetFile(pa.BufferReader(content)).read()  # `read_table` would import datasets
    return {name: table[name].to_numpy() for name in table.column_names}


def _arrays(content: bytes) -> dict[str, np.ndarray]:
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


_READERS = {
    "history.parquet": read_history,
    "predictions.npz": read_arrays,
    "weights.safetensors": read_weights,
    "state.safetensors": read_weights,
}


def write_probe(home: Path, key: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Write or replace the probe of a run's network; nobody ever reads it half written."""
    with written(_probe(home, key)) as temporary:
        np.savez_compressed(temporary, allow_pickle=False, **arrays)


def read_probe(home: Path, key: str) -> dict[str, np.ndarray]:
    """What `write_probe` wrote; empty if there is nothing, or if the checksums of the ZIP say that it is damaged."""
    try:
        return read_arrays(_probe(home, key))
    except DamagedError:
        return {}


def _probe(home: Path, key: str) -> Path:
    return home / "probes" / f"{checked_key(key)}.npz"


def write_study(home: Path, name: str, record: Mapping[str, Any], updated: datetime) -> None:
    """Write or replace `studies/NAME.json`, a copy of a study's row, from which a lost one is made again."""
    values = {"sha256": SEAL, "name": name, "updated": updated.isoformat(), "record": record}
    with written(home / "studies" / f"{checked_name(name)}.json") as path:
        path.write_text(json.dumps(values, separators=(",", ":")), encoding="utf-8")
        seal(path)


def read_study_file(path: Path) -> dict[str, Any]:
    """What `write_study` wrote: `name`, `updated` and `record`.

    Raises:
        DamagedError: the file is damaged.
    """
    values = json.loads(read_sealed(path))  # what was sealed is JSON
    if f"{values['name']}.json" != path.name:
        raise DamagedError(f"{path} holds another study, {values['name']}.")
    return values


def write_kept(home: Path, place: Kept, name: str, stamp: str, values: Any) -> None:
    """Write or replace `verdicts/NAME.json` or `scores/NAME.json`: what was worked out of a study's runs.

    Args:
        home: of the study.
        place: the folder.
        name: of the study.
        stamp: of all that the values rest on; for as long as it is the same, they are.
        values: JSON values; nan and infinity are told apart.

    Raises:
        StoreError: the disk is full, or the directory cannot be written.
    """
    content = json.dumps({"sha256": SEAL, "stamp": stamp, "values": values}, separators=(",", ":"))
    with written(_kept(home, place, name), durable=False) as path:
        path.write_text(content, encoding="utf-8")
        seal(path)


def read_kept(home: Path, place: Kept, name: str, stamp: str) -> Any | None:
    """What `write_kept` wrote with this stamp; None if that was with another one, or is damaged, or never was."""
    try:
        kept = json.loads(read_sealed(_kept(home, place, name)))
    except DamagedError:
        return None
    return kept["values"] if kept["stamp"] == stamp else None


def _kept(home: Path, place: Kept, name: str) -> Path:
    return home / place / f"{checked_name(name)}.json"
