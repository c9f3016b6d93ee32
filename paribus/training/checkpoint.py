"""A run at the end of an epoch: what one that was killed, handed over or made longer goes on from, bit for bit.

Random streams are drawn anew for each epoch, so that no generator's state is needed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from paribus.store.writing import written
from paribus.training.job import Job, RunTask, checkpoint_of
from paribus.training.optimizers.rules import set_states, state_of
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
    meta = {"epochs": str(len(member.history)), "history": json.dumps(member.history), "time_s": repr(member.time_s)}
    with written(checkpoint_of(folder, member.key), durable=False) as temporary:  # a damaged one is none
        save_file(tensors, temporary, metadata=meta)


def find_state(job: Job, run: RunTask) -> State | None:
    """Where a run goes on: its checkpoint, or the stored run that is its beginning; None if it starts anew.

    A damaged checkpoint is none.
    """
    path = job.checkpoints and checkpoint_of(job.checkpoints, run.key)
    if path and path.is_file():
        try:
            return _read(path)
        except (SafetensorError, OSError):
            pass
    if run.start is None:
        return None
    from pyarrow.parquet import ParquetFile  # late, as few runs go on; `read_table` would import datasets too

    with ParquetFile(run.start / "history.parquet") as file:
        history = file.read(columns=list(COLUMNS)).to_pylist()
    weights, rest = (load_file(run.start / f"{name}.safetensors") for name in ("weights", "state"))
    return State(history, weights, rest)


def _read(path: Path) -> State:
    with safe_open(path, framework="pt") as file:
        meta = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (safe_open is no dictionary)
    history = json.loads(meta["history"])
    return State(history, _named(tensors, "weights/"), _named(tensors, "rest/"), float(meta["time_s"]))


def go_on(cohort: Cohort, states: list[State]) -> None:
    """Bring the runs of a new cohort to these states, all after as many epochs."""
    for m, (member, state) in enumerate(zip(cohort.active, states, strict=True)):
        for row in state.history:
            member.see(row)
        member.kept = state.weights if member.recipe.keep == "best" else {}
        member.time_s = state.time_s
        cohort.network.restore(m, _named(state.rest, "network/") or state.weights)
    set_states(cohort.optimizer, [_named(state.rest, "optimizer/") for state in states])


def rest_of(cohort: Cohort, m: int) -> Tensors:
    """What the run at place m needs to go on, beside the weights that it keeps."""
    found = {f"optimizer/{name}": value for name, value in state_of(cohort.optimizer, m).items()}
    if cohort.active[m].kept:
        found |= {f"network/{name}": value for name, value in cohort.network.state_of(m).items()}
    return found


def _named(tensors: Tensors, prefix: str) -> Tensors:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
