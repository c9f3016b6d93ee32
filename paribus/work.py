"""What training a study over one data set takes: its plan and record, the jobs that are left, and who does them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence, Set
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import cloudpickle

from paribus.data import Dataset, load
from paribus.data.prepared import prepare
from paribus.environment import environment
from paribus.execution import Workers, show_progress
from paribus.extension import Start, apart_by_start, starts_of
from paribus.outlook import count, plan_on, predict, stack_size, stored_keys
from paribus.planning import ENGINE, Plan, Run, grow
from paribus.spec import Recipe, StudySpec
from paribus.spec.parts import find_part
from paribus.store import RunRecord, Store
from paribus.training.job import Job, OwnCode, RunTask

Runs = tuple[Run, ...]
_PATIENCE = 1.25
"""A cohort may take so many times a worker's share of all the work before it is halved."""


@dataclass(frozen=True)
class Todo:
    """What is left of a cohort, how long it will take, the job that a worker is given, and the epochs done already."""

    cohort: Runs
    time_s: float
    job: Job
    begun: int = 0

    def halves(self) -> list[Todo]:
        """The same in two; a cohort that is half trained would begin anew, so it stays whole."""
        num = len(self.cohort)
        if num == 1 or (self.job.checkpoint and self.job.checkpoint.exists()):
            return [self]
        cuts = slice(-(-num // 2)), slice(-(-num // 2), None)
        return [self._part(cut) for cut in cuts]

    def _part(self, cut: slice) -> Todo:
        cohort, runs, whole = self.cohort[cut], self.job.runs[cut], self.job.checkpoint
        checkpoint = whole and whole.with_stem(_name(cohort))
        time_s = self.time_s * len(cohort) / len(self.cohort)
        return Todo(cohort, time_s, replace(self.job, runs=runs, checkpoint=checkpoint), self.begun)


def shared_out(todo: Sequence[Todo], workers: int) -> list[Todo]:
    """Cohorts for all workers to be busy with, the longest first: what is much more than a worker's share is halved.

    To train fewer runs at a time costs time, but less than a worker that waits; the results are the same bits.
    """
    share_s = _PATIENCE * sum(one.time_s for one in todo) / workers
    parts = list(todo)
    while True:
        halved = [half for one in parts for half in (one.halves() if one.time_s > share_s else [one])]
        if len(halved) == len(parts):
            return sorted(parts, key=lambda one: -one.time_s)
        parts = halved


@dataclass(frozen=True)
class Pool:
    """Who trains, and the home that keeps what comes of it.

    Args:
        store: of the home.
        workers: that train.
        quiet: show no progress.
    """

    store: Store
    workers: Workers
    quiet: bool

    def train(self, todo: Sequence[Todo], num_runs: int, title: str = "") -> None:
        """Train all cohorts, the longest first, storing each as it ends.

        Args:
            todo: what is left.
            num_runs: how many runs there are with those that are stored.
            title: what every line of progress begins with.
        """
        ordered = shared_out(todo, self.workers.count)
        cohorts = [one.cohort for one in ordered]
        begun, stored = [one.begun for one in ordered], num_runs - sum(map(len, cohorts))
        times_s = [one.time_s for one in ordered]
        with show_progress(cohorts, stored, self.quiet, title, begun=begun, times_s=times_s) as progress:

            def save(job: Job, records: list[RunRecord]) -> None:
                for record in records:
                    self.store.save_run(record)
                if job.checkpoint:
                    job.checkpoint.unlink(missing_ok=True)
                progress.saved(records)

            self.workers.train([one.job for one in ordered], save, progress.tick)


@dataclass(frozen=True)
class Work:
    """A study over one data set that is known to fit its data; nothing is written yet.

    Args:
        study: as it was asked.
        plan: of the study; before a search is done, with the first values of its space for tuned levels.
        dataset: its data.
        base: folder that its files are relative to.
        search: what a search came to, as JSON values.
        frozen: what was frozen before, and whether this is it, as JSON values.
    """

    study: StudySpec
    plan: Plan
    dataset: Dataset
    base: Path
    search: dict[str, Any] | None = None
    frozen: dict[str, Any] | None = None

    def tuned(self, search: dict[str, Any]) -> Work:
        """The same with the winner of a search in the place of tuned levels."""
        return replace(self, plan=plan_on(self.study.with_tuned(search["winner"]), self.dataset), search=search)

    def grown(self, store: Store) -> Work | None:
        """The same with more seeds for what is undecided; None where no verdict needs, or may have, any."""
        if len(self.study.looks) == 1:
            return None
        from paribus.comparison.ladder import seeds_wanted
        from paribus.comparison.summary import contrasts_of

        record = store.study(self.study.name)
        rows = store.runs(run["key"] for run in record["runs"])
        wanted = seeds_wanted(record, contrasts_of(record, rows))
        return replace(self, plan=grow(self.plan, wanted, stack_size)) if wanted else None

    def begin(self, store: Store, taken: Set[str] = frozenset()) -> list[Todo]:
        """Write the study's record, and say what is left of each cohort of its plan; arguments as for `left`."""
        _, description = self._laid_out(store, self.plan.variants.values())
        store.save_study(self.study.name, _record(self, description))
        return self.left(self.plan.cohorts, store, taken)

    def left(self, cohorts: Sequence[Runs], store: Store, taken: Set[str] = frozenset()) -> list[Todo]:
        """Lay the data out for workers, and say what is left of each cohort.

        Args:
            cohorts: of runs on these data.
            store: whose runs need no training.
            taken: keys of further runs that need none, as others train them.
        """
        folder, _ = self._laid_out(store, [run.recipe for cohort in cohorts for run in cohort])
        known = stored_keys([run for cohort in cohorts for run in cohort], store) | taken
        missing = [tuple(run for run in cohort if run.key not in known) for cohort in cohorts]
        starts = starts_of([run for cohort in missing for run in cohort], self.plan.fingerprint, store)
        return [
            self._todo(part, self._job(part, folder, store, starts), starts)
            for cohort in missing
            for part in apart_by_start(cohort, starts)
        ]

    def _todo(self, cohort: Runs, job: Job, starts: dict[str, Start]) -> Todo:
        """Its runs all go on from the same epoch."""
        begun = starts[cohort[0].key].epochs if cohort[0].key in starts else 0
        time_s = sum(predict(run.recipe, self.dataset) * (1 - begun / run.recipe.epochs) for run in cohort)
        return Todo(cohort, time_s, job, begun)

    def _laid_out(self, store: Store, recipes: Iterable[Recipe]) -> tuple[Path, dict[str, Any]]:
        return prepare(self.dataset, store.home, [recipe.data for recipe in recipes])

    def _job(self, cohort: Runs, folder: Path, store: Store, starts: dict[str, Start]) -> Job:
        begun = {key: start.folder for key, start in starts.items()}
        tasks = tuple(
            RunTask(run.key, run.seed, run.recipe.model_dump(mode="json"), begun.get(run.key)) for run in cohort
        )
        function = find_part("model", cohort[0].recipe.model.kind).own
        own = OwnCode(cloudpickle.dumps(function), self.base) if function else None
        shape, checkpoint = self.dataset.item_shape, store.checkpoints / f"{_name(cohort)}.safetensors"
        return Job(tasks, folder, self.dataset.num_classes, shape, own, checkpoint)


def _name(cohort: Runs) -> str:
    return hashlib.sha256("".join(run.key for run in cohort).encode()).hexdigest()


def work_of(study: StudySpec, base: Path) -> Work:
    """Load the data of a study and plan its runs on them.

    Raises:
        DataError: the data cannot be used.
        SpecError: a variant cannot take them.
    """
    dataset = load(study.one_data, base)
    planned = study.with_tuned(study.tune.corners()[0]) if study.tune else study
    return Work(study, plan_on(planned, dataset), dataset, base)


def frozen_entry(path: Path, study: StudySpec, works: Sequence[Work], home: Path, quiet: bool) -> dict[str, Any] | None:
    """What the records of a study keep of its frozen plan, see `check_frozen`; None where there is none.

    Args:
        path: of the plan's file.
        study: that is about to run.
        works: its parts.
        home: directory of the store.
        quiet: do not warn of a study that is not the one that was frozen.

    Raises:
        SpecError: the file is no frozen plan.
    """
    if not path.exists():
        return None
    from paribus.freezing import check_frozen, read_frozen, warn  # late, as few studies need it

    content = read_frozen(path)
    rows = Store(home).runs(run.key for work in works for run in work.plan.runs).values()
    stored = [row.created for row in rows if row.status != "failed"]
    entry = check_frozen(content, study, [work.dataset.fingerprint for work in works], stored)
    if not quiet:
        warn(entry)
    return entry


def _record(work: Work, description: dict[str, Any]) -> dict[str, Any]:
    """What the store keeps of a study: enough for every table and report without the data or the plan."""
    plan, dataset = work.plan, work.dataset
    variants = {
        name: {"recipe": recipe.model_dump(mode="json"), "parameters": count(recipe, dataset)}
        for name, recipe in plan.variants.items()
    }
    return {
        "spec": work.study.model_dump(mode="json"),
        "tuning": work.search,
        "frozen": work.frozen,
        "dataset": {**description, "class_names": list(dataset.class_names)},
        "variants": variants,
        "levels": [asdict(level) for level in plan.levels],
        "runs": [{"key": run.key, "variant": run.variant, "seed": run.seed, "fold": run.fold} for run in plan.runs],
        "environment": {**environment(), "engine": ENGINE},
    }
