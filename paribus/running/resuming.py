"""Where each run resumes: from its checkpoint, or from a stored run of the same recipe with fewer epochs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from paribus.errors import DamagedError
from paribus.planning import Run, run_keys
from paribus.spec import Recipe
from paribus.spec.base import Record
from paribus.spec.parts import call_part
from paribus.store import Store
from paribus.training.job import checkpoint_of, read_checkpoint
from paribus.training.schedules import Moment, warmed_up

_SIXTEENTHS, _LAST_STEP = [at / 16 for at in range(16)], 1 - 1e-6
"""Moments of an epoch; a warm-up may end between the last sixteenth and the last step."""


@dataclass(frozen=True)
class Start:
    """The epochs of a run that are done, and the folder of the stored run that did them, or the first of them."""

    epochs: int = 0
    folder: Path | None = None


def starts_of(runs: Iterable[Run], fingerprint: str, store: Store) -> dict[str, Start]:
    """How far each run has come, by its key: its checkpoint, or its longest stored beginning; none where there is none.

    What a run comes to is the same, bit for bit, as if it were trained at once: its streams are drawn anew for each
    epoch, and a beginning counts only where its schedule gave the rates that the longer run's gives. What is damaged
    is set aside, and nothing goes on from it.
    """
    shorter = {run.key: run_keys(run.recipe, run.seed, fingerprint, _beginnings(run.recipe)) for run in runs}
    rows = store.runs(key for keys in shorter.values() for key in keys)
    found: dict[str, Start] = {}
    for key, beginnings in shorter.items():
        finished = [rows[short] for short in beginnings if short in rows and rows[short].status == "finished"]
        for row in sorted(finished, key=lambda row: row.epochs, reverse=True):
            store.mend([row.key], deep=True)
            if (store.folder(row.key) / "state.safetensors").is_file():  # else it is set aside, or very old
                found[key] = Start(row.epochs, store.folder(row.key))
                break
        done = epochs_done(checkpoint_of(store.checkpoints, key), store)
        if done:
            found[key] = Start(done, found.get(key, Start()).folder)
    return found


def stored_keys(runs: Iterable[Run], store: Store) -> frozenset[str]:
    """Keys of the runs that need no training; failed ones are tried again."""
    rows = store.runs(run.key for run in runs)  # whole rows, as a damaged one is none
    return frozenset(key for key, row in rows.items() if row.status != "failed")


def epochs_done(checkpoint: Path, store: Store) -> int:
    """The epochs that a checkpoint's run has done; 0 if there is none, or a damaged one, which is removed."""
    if not checkpoint.exists():
        return 0
    try:
        return len(json.loads(read_checkpoint(checkpoint)[0]["history"]))
    except DamagedError as error:
        store.tell(f"{error} It was removed, and its run does not go on from there.")
        checkpoint.unlink(missing_ok=True)
        return 0


def goes_on(short: Recipe, recipe: Recipe) -> bool:
    """Whether training that was planned for fewer epochs is the beginning of a longer one: same rates at every step.

    Args:
        short: the recipe with fewer epochs.
        recipe: the same with more.
    """
    return _same_rates(recipe.schedule, recipe.warmup_epochs, short.epochs, recipe.epochs)


def _beginnings(recipe: Recipe) -> list[int]:
    """Numbers of epochs for which a shorter training is the beginning of this one: all, if its end plays no part."""
    schedule, warmup_epochs, epochs = recipe.schedule, recipe.warmup_epochs, recipe.epochs
    endless = _same_rates(schedule, warmup_epochs, epochs, 2 * epochs)
    shorter = range(int(warmup_epochs) + 1, epochs)
    return [n for n in shorter if endless or _same_rates(schedule, warmup_epochs, n, epochs)]


@cache
def _same_rates(schedule: Record, warmup_epochs: float, short: int, epochs: int) -> bool:
    """Whether the factors are the same at 17 moments of each of `short` epochs, as far as scores don't matter."""
    factor = warmed_up(call_part("schedule", schedule), warmup_epochs)
    moments = (epoch + part for epoch in range(short) for part in (*_SIXTEENTHS, _LAST_STEP))
    return all(factor(Moment(moment, short)) == factor(Moment(moment, epochs)) for moment in moments)
