"""Training what a home does not hold yet: runs in, stored rows out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cloudpickle

from paribus.data import Dataset
from paribus.execution import run_jobs, show_progress
from paribus.extension import Start, apart_by_start, starts_of
from paribus.outlook import predict, stored_keys
from paribus.planning import Run
from paribus.spec.parts import find_part
from paribus.store import RunRecord, Store
from paribus.training.job import Job, OwnCode, RunTask

Runs = tuple[Run, ...]


@dataclass(frozen=True)
class Session:
    """A data set laid out, the home its runs are kept in, and who trains them.

    Args:
        dataset: in memory.
        folder: where it is laid out for workers.
        base: folder of the study file, where a user's own model is imported.
        store: of the home.
        workers: processes, of one thread each.
        quiet: show no progress.
    """

    dataset: Dataset
    folder: Path
    base: Path
    store: Store
    workers: int
    quiet: bool

    def train(self, cohorts: Sequence[Runs], title: str = "") -> None:
        """Train every run that is not stored, cohort by cohort, storing each as it ends.

        Args:
            cohorts: of the plan.
            title: what the progress line begins with.
        """
        left, starts = self._missing(cohorts)
        jobs = [self._job(cohort, starts) for cohort in left]
        done = sum(map(len, cohorts)) - sum(map(len, left))
        with show_progress(left, done, self.quiet, title) as progress:

            def save(job: Job, records: list[RunRecord]) -> None:
                for record in records:
                    self.store.save_run(record)
                if job.checkpoint:
                    job.checkpoint.unlink(missing_ok=True)
                progress.saved(records)

            run_jobs(jobs, self.workers, save, progress.tick)

    def _missing(self, cohorts: Sequence[Runs]) -> tuple[list[Runs], dict[str, Start]]:
        """What is left of each cohort, the longest first, and what its runs can go on from."""
        stored = stored_keys([run for cohort in cohorts for run in cohort], self.store)
        left = [tuple(run for run in cohort if run.key not in stored) for cohort in cohorts]
        starts = starts_of([run for cohort in left for run in cohort], self.dataset.fingerprint, self.store)
        apart = [part for cohort in left for part in apart_by_start(cohort, starts)]
        return sorted(apart, key=lambda cohort: -sum(predict(run.recipe, self.dataset) for run in cohort)), starts

    def _job(self, cohort: Runs, starts: dict[str, Start]) -> Job:
        begun = {key: start.folder for key, start in starts.items()}
        tasks = tuple(
            RunTask(run.key, run.seed, run.recipe.model_dump(mode="json"), begun.get(run.key)) for run in cohort
        )
        name = hashlib.sha256("".join(run.key for run in cohort).encode()).hexdigest()
        function = find_part("model", cohort[0].recipe.model.kind).own
        return Job(
            tasks,
            self.folder,
            self.dataset.num_classes,
            self.dataset.item_shape,
            OwnCode(cloudpickle.dumps(function), self.base) if function else None,
            self.store.checkpoints / f"{name}.safetensors",
        )
