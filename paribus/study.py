"""The conductor: from a study to its result, along the path spec, plan, data, training, store, result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

import paribus.models
import paribus.training.optimizers  # noqa: F401  (registers what studies name)
from paribus.data import Dataset, load
from paribus.data.prepared import prepare
from paribus.environment import environment
from paribus.errors import SpecError, suggest
from paribus.execution import default_workers, run_jobs
from paribus.models import count_parameters
from paribus.planning import Plan, Run, plan_study
from paribus.planning.estimate import calibration, predicted_time_s
from paribus.result import Result
from paribus.spec import Recipe, StudySpec
from paribus.spec.files import overridden, read_study
from paribus.spec.parts import call_part
from paribus.store import RunRecord, Store, home_directory
from paribus.training.job import Job, RunTask


class Watcher(Protocol):
    """Who is told how a study goes; see `cli.progress`."""

    def start(self, jobs: list[tuple[Run, ...]], done: int) -> None:
        """Training begins: these cohorts are to be trained, `done` runs were stored before."""

    def tick(self, board: np.ndarray) -> None:
        """Several times a second; `board` is of shape (job, 3), see `run_jobs`."""

    def saved(self, records: list[RunRecord]) -> None:
        """These runs are in the store now."""


class Study(StudySpec):
    """A study that can be planned and run; the fields are those of a study file."""

    def run(
        self, home: Path | str | None = None, workers: int | None = None, watcher: Watcher | None = None
    ) -> Result:
        """Train every run that the home does not hold yet; what is stored is used again.

        Args:
            home: directory of the store; by default PARIBUS_HOME, else ./paribus-home.
            workers: processes, of one thread each; by default one a core.
            watcher: told of the progress.

        Raises:
            DataError: the data cannot be used.
            StoreError: the home cannot be used.
        """
        return run_study(self, Path.cwd(), home, workers, watcher)


@dataclass(frozen=True)
class Outlook:
    """What running a study would do: its plan, what is stored of it, and how long the rest takes."""

    plan: Plan
    parameters: dict[str, int]
    stored: frozenset[str]
    time_s: float
    measured: bool


def open_study(name: str, settings: Iterable[str] = ()) -> tuple[Study, Path]:
    """Read a study file, or a built-in study, with settings laid over it.

    Returns:
        The study, and the folder that its files are relative to.

    Raises:
        SpecError: there is no such study, or it holds a mistake.
    """
    path = Path(name).expanduser()
    if not path.is_file() and path.suffix not in (".yaml", ".yml"):
        known = built_in()
        if name not in known:
            raise SpecError(f"No built-in study {name!r}, nor a file. {suggest(name, known)} A file ends in .yaml.")
        path = known[name]
    values = overridden(read_study(path), settings)
    return Study.model_validate(values), path.absolute().parent


def built_in() -> dict[str, Path]:
    """The studies that come with paribus, by name."""
    return {path.stem: path for path in sorted((Path(__file__).parent / "studies").glob("*.yaml"))}


def look_ahead(study: Study, base: Path, store: Store | None, workers: int | None = None) -> Outlook:
    """Plan a study without training or writing anything."""
    dataset = load(study.data, base)
    plan = plan_study(study, dataset.fingerprint)
    parameters = {name: _parameters(recipe, dataset) for name, recipe in plan.variants.items()}
    stored = _stored(plan, store) if store else frozenset[str]()
    recent = store.recent_runs() if store else []
    factor = calibration([row.time_s for row in recent], [row.predicted_s for row in recent])
    open_s = sum(_predicted_s(run, parameters, dataset) for run in plan.runs if run.key not in stored)
    time_s = open_s * (factor or 1.0) / (workers or default_workers())
    return Outlook(plan, parameters, stored, time_s, factor is not None)


def run_study(
    study: StudySpec,
    base: Path,
    home: Path | str | None = None,
    workers: int | None = None,
    watcher: Watcher | None = None,
) -> Result:
    """Train what is missing of a study, cohort by cohort, storing each as it ends; see `Study.run`."""
    dataset = load(study.data, base)
    plan = plan_study(study, dataset.fingerprint)
    store = Store(home_directory(Path(home) if home else None))
    folder, description = prepare(dataset, store.home)
    store.save_study(study.name, _record(plan, dataset, description))
    stored = _stored(plan, store)
    cohorts = [tuple(run for run in cohort if run.key not in stored) for cohort in plan.cohorts]
    cohorts = sorted(filter(None, cohorts), key=lambda cohort: -_work(cohort, dataset))
    if watcher:
        watcher.start(cohorts, len(stored))

    def save(records: list[RunRecord]) -> None:
        for record in records:
            store.save_run(record)
        if watcher:
            watcher.saved(records)

    if cohorts:
        jobs = [_job(cohort, folder, dataset.num_classes) for cohort in cohorts]
        run_jobs(jobs, workers or default_workers(), save, watcher.tick if watcher else lambda board: None)
    return Result(store, study.name)


def _job(cohort: tuple[Run, ...], folder: Path, num_classes: int) -> Job:
    tasks = tuple(RunTask(run.key, run.seed, run.recipe.model_dump(mode="json")) for run in cohort)
    return Job(tasks, folder, num_classes)


def _stored(plan: Plan, store: Store) -> frozenset[str]:
    rows = store.runs(run.key for run in plan.runs)
    return frozenset(key for key, row in rows.items() if row.status != "failed")


def _record(plan: Plan, dataset: Dataset, description: dict[str, Any]) -> dict[str, Any]:
    """What the store keeps of a study: enough for every table and report without the data or the plan."""
    variants = {
        name: {"recipe": recipe.model_dump(mode="json"), "parameters": _parameters(recipe, dataset)}
        for name, recipe in plan.variants.items()
    }
    return {
        "spec": plan.study.model_dump(mode="json"),
        "dataset": {**description, "class_names": list(dataset.class_names)},
        "variants": variants,
        "levels": [asdict(level) for level in plan.levels],
        "runs": [{"key": run.key, "variant": run.variant, "seed": run.seed} for run in plan.runs],
        "environment": environment(),
    }


def _parameters(recipe: Recipe, dataset: Dataset) -> int:
    return count_parameters(call_part("model", recipe.model), int(np.prod(dataset.item_shape)), dataset.num_classes)


def _predicted_s(run: Run, parameters: dict[str, int], dataset: Dataset) -> float:
    data = run.recipe.data
    rows = int(len(dataset.y_train) * data.fraction * (1 - data.validation))
    return predicted_time_s(parameters[run.variant], rows, run.recipe.epochs, run.recipe.batch_size)


def _work(cohort: tuple[Run, ...], dataset: Dataset) -> float:
    parameters = {run.variant: _parameters(run.recipe, dataset) for run in cohort}
    return sum(_predicted_s(run, parameters, dataset) for run in cohort)
