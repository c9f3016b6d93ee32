"""From a stored run to its network."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import TYPE_CHECKING

from paribus.errors import StoreError, suggest
from paribus.store import Status, Store, home_directory
from paribus.store.records.study import StudyRecord

if TYPE_CHECKING:
    from paribus.prediction.trained import Trained


def load(
    study: str,
    variant: str = "baseline",
    seed: int | None = None,
    home: Path | str | None = None,
    *,
    trust: bool = False,
) -> Trained:
    """A trained network of a stored study, with its preprocessing and class names.

    Args:
        study: its name; one over several data sets names each as `study.data`.
        variant: name of the variant, as in `Result.runs`.
        seed: of the run; by default the first that finished.
        home: directory that the study is stored in; by default PARIBUS_HOME, else ./paribus-home.
        trust: import a model of the user's own by its stored name, if its code has the stored hash; otherwise it is
            loaded only where this program has opened its study file, or has the function.

    Raises:
        SpecError: the model is the user's, and its code is not known here, or was changed.
        StoreError: there is no such study or run in the home, or the run did not finish.
    """
    store = Store(home_directory(Path(home) if home else None), reading=True)
    return load_run(store, store.study_on_one(study), variant, seed, trust=trust)


def load_run(store: Store, record: StudyRecord, variant: str, seed: int | None, *, trust: bool) -> Trained:
    """The network of one run of a study; arguments and errors as of `load`."""
    from paribus.prediction.trained import Trained  # late, as it imports torch

    statuses = store.statuses(record.keys)
    runs = [run for run in record.runs if statuses.get(run.key) == Status.FINISHED]
    seeds = {run.seed: run.key for run in reversed(runs) if run.variant == variant}  # with folds, the first of a seed
    if not seeds:
        raise StoreError(f"No finished run of {variant!r}. {suggest(variant, {run.variant for run in runs})}")
    first = next(run.seed for run in runs if run.variant == variant)
    key = seeds.get(first if seed is None else seed)
    if key is None:
        finished = ", ".join(str(run.seed) for run in runs if run.variant == variant)
        raise StoreError(f"No finished run of {variant!r} with seed {seed}. Finished seeds: {finished}.")
    stored = store.runs([key])
    if key not in stored:
        raise StoreError(f"The row of the run {key} is damaged. `paribus run` with its study file mends it.")
    weights, code = store.weights(key), _code_hash(record, variant)
    data = record.data
    return Trained(stored[key].recipe, weights, data.item_shape, data.class_names, code=code, trust=trust)


def _code_hash(record: StudyRecord, variant: str) -> str | None:
    """The hash of a model of the user's own; None where another Python, with other bytecode, computed it."""
    python = record.machine.python.split(".")[:2]
    return record.code.get(variant) if python == list(platform.python_version_tuple()[:2]) else None
