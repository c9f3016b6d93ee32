"""The conductor: from a study to its result, along the path spec, data, plan, training, store, result."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cloudpickle
from pydantic import PrivateAttr

import paribus.models
import paribus.training.optimizers
import paribus.training.schedules  # noqa: F401  (registers what studies name)
from paribus.data import Dataset
from paribus.data import load as load_data
from paribus.data.prepared import prepare
from paribus.environment import environment
from paribus.execution import default_workers, run_jobs, show_progress, warm_up
from paribus.extension import Start, apart_by_start, starts_of
from paribus.outlook import Outlook, count, look_ahead, plan_on, predict, stored_keys
from paribus.planning import ENGINE, Plan, Run
from paribus.result import Result
from paribus.spec import StudySpec
from paribus.spec.parts import find_part
from paribus.store import RunRecord, Store, home_directory
from paribus.studies import find_study
from paribus.training.job import Job, OwnCode, RunTask
from paribus.user_code import code_in

if TYPE_CHECKING:
    from paribus.training.trained import Trained

Runs = tuple[Run, ...]


class Study(StudySpec):
    """A study that can be run; the fields are those of a study file."""

    _base: Path = PrivateAttr(default_factory=Path.cwd)

    @classmethod
    def open(cls, name: str, settings: Iterable[str] = ()) -> Study:
        """A built-in study by name, or a study file.

        Args:
            name: as in `paribus run`.
            settings: changes such as `baseline.epochs=20`.

        Raises:
            SpecError: there is no such study, or it holds a mistake.
        """
        values, base = find_study(name, settings)
        with code_in(base):
            study = cls.model_validate(values)
        study._base = base
        return study

    def plan(self, home: Path | str | None = None, workers: int | None = None) -> Outlook:
        """What `run` would train, what is stored already, and how long the rest takes; nothing is written."""
        folder = home_directory(Path(home) if home else None)
        store = Store(folder) if (folder / "paribus.db").exists() else None
        return look_ahead(self, self._base, store, workers or default_workers())

    def run(self, home: Path | str | None = None, workers: int | None = None, quiet: bool = False) -> Result:
        """Train every run that the home does not hold yet, cohort by cohort, storing each as it ends.

        Args:
            home: directory of the store; by default PARIBUS_HOME, else ./paribus-home.
            workers: processes, of one thread each; by default one a core.
            quiet: show no progress.

        Raises:
            DataError: the data cannot be used.
            StoreError: the home cannot be used.
        """
        warm_up()
        dataset = load_data(self.data, self._base)
        plan = plan_on(self, dataset)
        store = Store(home_directory(Path(home) if home else None))
        folder, description = prepare(dataset, store.home, [recipe.data for recipe in plan.variants.values()])
        store.save_study(self.name, _record(plan, dataset, description))
        cohorts, starts = _missing(plan, dataset, store)
        jobs = [self._job(cohort, folder, dataset, store.checkpoints, starts) for cohort in cohorts]
        with show_progress(cohorts, len(plan.runs) - sum(map(len, cohorts)), quiet) as progress:

            def save(job: Job, records: list[RunRecord]) -> None:
                for record in records:
                    store.save_run(record)
                if job.checkpoint:
                    job.checkpoint.unlink(missing_ok=True)
                progress.saved(records)

            run_jobs(jobs, workers or default_workers(), save, progress.tick)
        return Result(store, self.name)

    def _job(self, cohort: Runs, folder: Path, dataset: Dataset, checkpoints: Path, starts: dict[str, Start]) -> Job:
        begun = {key: start.folder for key, start in starts.items()}
        tasks = tuple(
            RunTask(run.key, run.seed, run.recipe.model_dump(mode="json"), begun.get(run.key)) for run in cohort
        )
        name = hashlib.sha256("".join(run.key for run in cohort).encode()).hexdigest()
        function = find_part("model", cohort[0].recipe.model.kind).own
        own = OwnCode(cloudpickle.dumps(function), self._base) if function else None
        return Job(tasks, folder, dataset.num_classes, dataset.item_shape, own, checkpoints / f"{name}.safetensors")


def load(study: str, variant: str = "baseline", seed: int | None = None, home: Path | str | None = None) -> Trained:
    """A trained network of a stored study, with its preprocessing and class names; see `Result.load`.

    Raises:
        StoreError: there is no such study or run in the home, or the run did not finish.
    """
    return Result(Store(home_directory(Path(home) if home else None)), study).load(variant, seed)


def _missing(plan: Plan, dataset: Dataset, store: Store) -> tuple[list[Runs], dict[str, Start]]:
    """What is left of each cohort, the longest first, and what its runs can go on from."""
    stored = stored_keys(plan, store)
    left = [tuple(run for run in cohort if run.key not in stored) for cohort in plan.cohorts]
    starts = starts_of([run for cohort in left for run in cohort], plan.fingerprint, store)
    apart = [part for cohort in left for part in apart_by_start(cohort, starts)]
    return sorted(apart, key=lambda cohort: -sum(predict(run.recipe, dataset) for run in cohort)), starts


def _record(plan: Plan, dataset: Dataset, description: dict[str, Any]) -> dict[str, Any]:
    """What the store keeps of a study: enough for every table and report without the data or the plan."""
    variants = {
        name: {"recipe": recipe.model_dump(mode="json"), "parameters": count(recipe, dataset)}
        for name, recipe in plan.variants.items()
    }
    return {
        "spec": plan.study.model_dump(mode="json"),
        "dataset": {**description, "class_names": list(dataset.class_names)},
        "variants": variants,
        "levels": [asdict(level) for level in plan.levels],
        "runs": [{"key": run.key, "variant": run.variant, "seed": run.seed, "fold": run.fold} for run in plan.runs],
        "environment": {**environment(), "engine": ENGINE},
    }
