"""What training a study over one data set takes: the plan, the record of it, and the jobs that are left."""

from __future__ import annotations

import hashlib
from collections.abc import Set
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cloudpickle

from paribus.data import Dataset, load
from paribus.data.prepared import prepare
from paribus.environment import environment
from paribus.extension import Start, apart_by_start, starts_of
from paribus.outlook import count, plan_on, predict, stored_keys
from paribus.planning import Plan, Run
from paribus.spec import StudySpec
from paribus.spec.parts import find_part
from paribus.store import Store
from paribus.training.job import Job, OwnCode, RunTask

Runs = tuple[Run, ...]


@dataclass(frozen=True)
class Todo:
    """What is left of a cohort, how long it will take, and the job that a worker is given."""

    cohort: Runs
    time_s: float
    job: Job


@dataclass(frozen=True)
class Work:
    """A study over one data set that is known to fit its data; nothing is written yet.

    Args:
        plan: of the study.
        dataset: its data.
        base: folder that its files are relative to.
    """

    plan: Plan
    dataset: Dataset
    base: Path

    def begin(self, store: Store, taken: Set[str] = frozenset()) -> list[Todo]:
        """Lay the data out for workers, write the study's record, and say what is left of each cohort.

        Args:
            store: whose runs need no training.
            taken: keys of further runs that need none, as others train them.
        """
        preparations = [recipe.data for recipe in self.plan.variants.values()]
        folder, description = prepare(self.dataset, store.home, preparations)
        store.save_study(self.plan.study.name, _record(self.plan, self.dataset, description))
        known = stored_keys(self.plan, store) | taken
        left = [tuple(run for run in cohort if run.key not in known) for cohort in self.plan.cohorts]
        starts = starts_of([run for cohort in left for run in cohort], self.plan.fingerprint, store)
        return [
            Todo(part, sum(predict(run.recipe, self.dataset) for run in part), self._job(part, folder, store, starts))
            for cohort in left
            for part in apart_by_start(cohort, starts)
        ]

    def _job(self, cohort: Runs, folder: Path, store: Store, starts: dict[str, Start]) -> Job:
        begun = {key: start.folder for key, start in starts.items()}
        tasks = tuple(
            RunTask(run.key, run.seed, run.recipe.model_dump(mode="json"), begun.get(run.key)) for run in cohort
        )
        name = hashlib.sha256("".join(run.key for run in cohort).encode()).hexdigest()
        function = find_part("model", cohort[0].recipe.model.kind).own
        own = OwnCode(cloudpickle.dumps(function), self.base) if function else None
        shape, checkpoint = self.dataset.item_shape, store.checkpoints / f"{name}.safetensors"
        return Job(tasks, folder, self.dataset.num_classes, shape, own, checkpoint)


def work_of(study: StudySpec, base: Path) -> Work:
    """Load the data of a study and plan its runs on them.

    Raises:
        DataError: the data cannot be used.
        SpecError: a variant cannot take them.
    """
    dataset = load(study.one_data, base)
    return Work(plan_on(study, dataset), dataset, base)


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
        "environment": environment(),
    }
