"""A cohort in the middle of its training, on disk: what a killed study goes on from, bit for bit.

Random streams are drawn anew for each epoch, so that a checkpoint at the end of one needs no generator's state.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from paribus.training.optimizers.rules import set_states, states_of
from paribus.training.record import COLUMNS
from paribus.training.stopping import Watch

if TYPE_CHECKING:
    from paribus.store.records import RunRecord
    from paribus.training.cohort import Cohort


@dataclass
class Clock:
    """How far a cohort has come, in epochs and seconds; seconds before a kill count."""

    epoch: int = 0
    before_s: float = 0.0
    begun: float = field(default_factory=time.monotonic)
    last: float = field(default_factory=time.monotonic)

    @property
    def taken_s(self) -> float:
        """Seconds of training so far."""
        return self.before_s + time.monotonic() - self.begun

    def is_due(self, interval_s: float) -> bool:
        """Whether the last checkpoint is `interval_s` old."""
        return time.monotonic() - self.last >= interval_s


def save_checkpoint(cohort: Cohort, clock: Clock) -> None:
    """Write the cohort to its job's checkpoint file, whole or not at all."""
    path = cohort.job.checkpoint
    if path is None:
        return
    tensors: dict[str, torch.Tensor] = {}
    for m, (member, state) in enumerate(zip(cohort.active, states_of(cohort.optimizer), strict=True)):
        for group, values in (("network", cohort.network.state_of(m)), ("optimizer", state)):
            tensors |= {f"{member.key}/{group}/{name}": value for name, value in values.items()}
    for member in cohort.members:
        tensors |= {f"{member.key}/kept/{name}": value for name, value in member.kept.items()}
        tensors |= {f"{member.key}/state/{name}": value for name, value in member.state.items()}
    watches = {m.key: {k: v for k, v in vars(m.watch).items() if k != "recipe"} for m in cohort.members}
    meta = {
        "epoch": clock.epoch,
        "taken_s": clock.taken_s,
        "active": [member.key for member in cohort.active],
        "watch": watches,
        "history": {member.key: member.history for member in cohort.members},
    }
    temporary = path.with_suffix(f".{os.getpid()}")
    save_file(tensors, temporary, metadata={"cohort": json.dumps(meta)})
    os.replace(temporary, path)
    clock.last = time.monotonic()


def resume(cohort: Cohort) -> tuple[Clock, list[RunRecord]]:
    """Bring a new cohort to where its checkpoint left it; a missing or damaged file means that it just starts.

    Returns:
        The clock, and the records of the runs that were done.
    """
    path = cohort.job.checkpoint
    if path is None or not path.is_file():
        return Clock(epoch=start(cohort)), []
    try:
        with safe_open(path, framework="pt", device=cohort.device) as file:
            meta: dict[str, Any] = json.loads(file.metadata()["cohort"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (safe_open is no dictionary)
    except (SafetensorError, OSError):
        return Clock(epoch=start(cohort)), []
    for member in cohort.members:
        member.watch = Watch(member.recipe, **meta["watch"][member.key])
        member.history = meta["history"][member.key]
        member.kept = _named(tensors, f"{member.key}/kept/")
        member.state = _named(tensors, f"{member.key}/state/")
    done = [m for m, member in enumerate(cohort.active) if member.key not in meta["active"]]
    for m in done:
        cohort.network.restore(m, cohort.active[m].kept)
    records = cohort.records(done)
    cohort.select([m for m in range(len(cohort.active)) if m not in done])
    for m, member in enumerate(cohort.active):
        cohort.network.restore(m, _named(tensors, f"{member.key}/network/"))
    set_states(cohort.optimizer, [_named(tensors, f"{member.key}/optimizer/") for member in cohort.active])
    return Clock(epoch=meta["epoch"], before_s=meta["taken_s"]), records


def start(cohort: Cohort) -> int:
    """Bring the runs of a new cohort to where stored runs left off, all after as many epochs.

    Returns:
        The number of epochs done, 0 without stored runs to go on from.
    """
    folders = {run.key: run.start for run in cohort.job.runs if run.start}
    states: list[dict[str, torch.Tensor]] = []
    for m, member in enumerate(cohort.active):
        folder = folders.get(member.key)
        if folder is None:
            return 0
        weights, state = load_file(folder / "weights.safetensors"), load_file(folder / "state.safetensors")
        for row in pq.read_table(folder / "history.parquet", columns=list(COLUMNS)).to_pylist():
            member.see(row)
        member.kept = weights if member.recipe.keep == "best" else {}
        cohort.network.restore(m, _named(state, "network/") or weights)
        states.append(_named(state, "optimizer/"))
    set_states(cohort.optimizer, states)
    return cohort.active[0].watch.epochs


def state_after(cohort: Cohort, m: int) -> dict[str, torch.Tensor]:
    """What `start` needs of the run at place m, beside the weights that it keeps."""
    found = {f"optimizer/{name}": value for name, value in states_of(cohort.optimizer)[m].items()}
    if cohort.active[m].kept:
        found |= {f"network/{name}": value for name, value in cohort.network.state_of(m).items()}
    return found


def _named(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
