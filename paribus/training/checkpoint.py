"""A run at the end of an epoch: what one that was killed, handed over or made longer goes on from, bit for bit.

Random streams are drawn anew for each epoch, so that no generator's state is needed.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file

from paribus.errors import DamagedError
from paribus.store.checksums import SEAL, read_whole, seal
from paribus.store.writing import written
from paribus.training.job import Job, RunTask, checkpoint_of, read_checkpoint
from paribus.training.record import COLUMNS, Member

if TYPE_CHECKING:
    from paribus.training.cohort import Cohort

Tensors = dict[str, torch.Tensor]


@dataclass(frozen=True)
class State:
    """All that a run needs to go on, as a stored run has it too.

    Args:
        history: the numbers of each epoch that is done.
        weights: of the best epoch where that is kept, else of the last.
        rest: the optimizer's memory, and the last epoch's network where `weights` are those of another.
        time_s: seconds of training so far; 0 where those of a stored run were counted as its own.
    """

    history: list[dict[str, float]]
    weights: Tensors
    rest: Tensors
    time_s: float = 0.0


def save_checkpoint(cohort: Cohort, member: Member) -> None:
    """Write a run of the cohort to its file, whole or not at all; what was there before stays if that fails.

    Raises:
        StoreError: the disk is full, or the folder cannot be written.
    """
    folder = cohort.job.checkpoints
    if folder is None:
        return
    weights, rest = member.kept, member.state
    if member in cohort.active:
        m = cohort.active.index(member)
        weights, rest = weights or cohort.network.state_of(m), rest_of(cohort, m)
    tensors = {f"weights/{name}": value for name, value in weights.items()}
    tensors |= {f"rest/{name}": value for name, value in rest.items()}
    meta = {"sha256": SEAL, "history": json.dumps(member.history), "time_s": repr(member.time_s)}
    with written(checkpoint_of(folder, member.key), durable=False) as temporary:  # a damaged one is none
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
        history = file.read(columns=list(COLUMNS)).to_pylist()
    weights, rest = (load(read_whole(folder / f"{name}.safetensors")) for name in ("weights", "state"))
    return State(history, weights, rest)


def go_on(cohort: Cohort, states: list[State]) -> None:
    """Bring the runs of a new cohort to these states, all after as many epochs."""
    for m, (member, state) in enumerate(zip(cohort.active, states, strict=True)):
        for row in state.history:
            member.see(row)
        member.kept = state.weights if member.recipe.keep == "best" else {}
        member.time_s = state.time_s
        cohort.network.restore(m, _named(state.rest, "network/") or state.weights)
    cohort.optimizer.set_states([_named(state.rest, "optimizer/") for state in states])


def rest_of(cohort: Cohort, m: int) -> Tensors:
    """What the run at place m needs to go on, beside the weights that it keeps."""
    found = {f"optimizer/{name}": value for name, value in cohort.optimizer.state_of(m).items()}
    if cohort.active[m].kept:
        found |= {f"network/{name}": value for name, value in cohort.network.state_of(m).items()}
    return found


def _named(tensors: Tensors, prefix: str) -> Tensors:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
