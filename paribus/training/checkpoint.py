"""A run at the end of an epoch: what one that was killed, handed over or made longer goes on from, bit for bit.

Random streams are drawn anew for each epoch, so that no generator's state is needed.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file

from paribus.errors import DamagedError
from paribus.store.checksums import SEAL, read_whole, seal
from paribus.store.writing import written
from paribus.training.job import Job, RunTask, checkpoint_of, read_checkpoint
from paribus.training.record import COLUMNS, PENALTY

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class State:
    """All that a run needs to go on, as a stored run has it too.

    Args:
        history: the numbers of each epoch that is done.
        weights: of the best epoch where that is kept, else of the last.
        resume_tensors: the optimizer's state, and the last epoch's network if `weights` are from an earlier epoch.
        time_s: seconds of training so far; 0 where those of a stored run were counted as its own.
    """

    history: list[dict[str, float]]
    weights: Tensors
    resume_tensors: Tensors
    time_s: float = 0.0

    def resumed(self, part: str) -> Tensors:
        """The tensors from which `part` resumes, `optimizer` or `network`."""
        return _named(self.resume_tensors, f"{part}/")


def write_state(path: Path, state: State) -> None:
    """Write a checkpoint, whole or not at all; what was there before stays if that fails.

    Raises:
        StoreError: the disk is full, or the folder cannot be written.
    """
    tensors = {f"weights/{name}": value for name, value in state.weights.items()}
    tensors |= {f"rest/{name}": value for name, value in state.resume_tensors.items()}
    meta = {"sha256": SEAL, "history": json.dumps(state.history), "time_s": repr(state.time_s)}
    with written(path, durable=False) as temporary:  # a damaged one is none
        save_file(tensors, temporary, metadata=meta)
        seal(temporary)


def find_state(job: Job, run: RunTask) -> State | None:
    """Where a run goes on: its checkpoint, or the stored run that is its beginning; None if it starts anew.

    What is damaged is none.
    """
    if job.checkpoints:
        with suppress(DamagedError):
            return _read(checkpoint_of(job.checkpoints, run.key))
    if run.start:
        with suppress(DamagedError, SafetensorError, ValueError, KeyError):  # without a checksum, it may be unreadable
            return _read_stored(run.start)
    return None


def _read(path: Path) -> State:
    meta, content = read_checkpoint(path)
    tensors = load(content)
    return State(
        json.loads(meta["history"]), _named(tensors, "weights/"), _named(tensors, "rest/"), float(meta["time_s"])
    )


def _read_stored(folder: Path) -> State:
    import pyarrow as pa  # late, as few runs go on; `read_table` would import datasets too
    from pyarrow.parquet import ParquetFile

    with ParquetFile(pa.BufferReader(read_whole(folder / "history.parquet"))) as file:
        penalty = {PENALTY} & set(file.schema_arrow.names)
        history = file.read(columns=[*COLUMNS, *penalty]).to_pylist()
    weights, resume_tensors = (load(read_whole(folder / f"{name}.safetensors")) for name in ("weights", "state"))
    return State(history, weights, resume_tensors)


def _named(tensors: Tensors, prefix: str) -> Tensors:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
