"""Longer training of what is stored: a run goes on from a stored one that differs in nothing but fewer epochs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from paribus.planning import Run, run_key
from paribus.spec import Recipe
from paribus.spec.parts import call_part
from paribus.store import Store
from paribus.training.schedules import Moment, warmed_up


@dataclass(frozen=True)
class Start:
    """Where a run goes on: the epochs done, and the folder of the stored run that did them."""

    epochs: int
    folder: Path


def starts_of(runs: Iterable[Run], fingerprint: str, store: Store) -> dict[str, Start]:
    """The longest stored beginning of each run, by the run's key; none where there is none.

    What a run comes to is the same, bit for bit, as if it were trained at once: its streams are drawn anew for each
    epoch, and a beginning counts only where its schedule gave the rates that the longer run's gives.
    """
    shorter = {run.key: {run_key(short, run.seed, fingerprint): short for short in _beginnings(run)} for run in runs}
    rows = store.runs(key for keys in shorter.values() for key in keys)
    found: dict[str, Start] = {}
    for key, beginnings in shorter.items():
        done = [rows[short] for short in beginnings if short in rows and rows[short].status == "finished"]
        usable = [row for row in done if (store.folder(row.key) / "state.safetensors").is_file()]
        if usable:
            longest = max(usable, key=lambda row: row.epochs)
            found[key] = Start(longest.epochs, store.folder(longest.key))
    return found


def apart_by_start(cohort: Sequence[Run], starts: dict[str, Start]) -> list[tuple[Run, ...]]:
    """The runs of a cohort by the number of epochs done, as all of a cohort are in the same epoch."""
    groups: dict[int, list[Run]] = {}
    for run in cohort:
        groups.setdefault(starts[run.key].epochs if run.key in starts else 0, []).append(run)
    return [tuple(group) for group in groups.values()]


def goes_on(short: Recipe, recipe: Recipe) -> bool:
    """Whether training that was planned for fewer epochs is the beginning of a longer one: same rates at every step.

    Args:
        short: the recipe with fewer epochs.
        recipe: the same with more.
    """
    return _rates(short, short.epochs) == _rates(recipe, short.epochs)


def _beginnings(run: Run) -> list[Recipe]:
    """The same recipe with fewer epochs, where that means the same rates at every step."""
    least = int(run.recipe.warmup_epochs) + 1
    short = [run.recipe.model_copy(update={"epochs": epochs}) for epochs in range(least, run.recipe.epochs)]
    return [recipe for recipe in short if goes_on(recipe, run.recipe)]


def _rates(recipe: Recipe, until: int) -> list[float]:
    """The schedule's factors at 16 moments of each epoch, as far as it does not look at scores."""
    schedule = warmed_up(call_part("schedule", recipe.schedule), recipe.warmup_epochs)
    return [schedule(Moment(moment / 16, recipe.epochs)) for moment in range(16 * until)]
