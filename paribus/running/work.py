"""What training a study over one data set takes: its plan and record, the jobs that are left, and who does them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cloudpickle

from paribus.data import Dataset
from paribus.data.prepared import mapped, prepare
from paribus.data.text.tokens import write_tokens
from paribus.evaluation.scoring import need_scores, scored_runs
from paribus.execution import Executor, pack, show_progress
from paribus.memory import give_back
from paribus.planning import Plan, Run, grow
from paribus.running.fitting import check_space, data_of, plan_on, predict, stack_size
from paribus.running.record import record_values
from paribus.running.resuming import Start, starts_of, stored_keys
from paribus.spec import StudySpec
from paribus.spec.parts import find_part
from paribus.store import RunRecord, Status, Store
from paribus.store.records.study import FrozenRecord
from paribus.training.job import Job, OwnCode, RunTask, checkpoint_of
from paribus.user_code import Origin, code_hash

Runs = tuple[Run, ...]


@dataclass(frozen=True)
class Pool:
    """Who trains, and the home that keeps what comes of it.

    Args:
        store: of the home.
        executor: that trains.
        quiet: show no progress.
    """

    store: Store
    executor: Executor
    quiet: bool

    def train(self, jobs: Sequence[Job], num_runs: int, title: str = "") -> None:
        """Train all cohorts, storing each as it ends.

        Args:
            jobs: what is left.
            num_runs: how many runs there are with those that are stored.
            title: what every line of progress begins with.
        """
        packed = pack(jobs, self.executor.count)
        stored = num_runs - sum(len(job.runs) for job in jobs)
        with show_progress(packed, stored, self.quiet, title) as progress:

            def save(records: list[RunRecord]) -> None:
                for record in records:
                    self.store.save_run(record)
                _forget(self.store, {record.key for record in records if record.status != Status.FAILED})
                progress.saved(records)

            self.executor.train(packed, save, progress.tick)


@dataclass(frozen=True)
class PlannedStudy:
    """A study over one data set that is known to fit its data; nothing is written yet.

    Args:
        study: as it was asked.
        plan: of the study; before a search, with the first values of its space for tuned levels.
        dataset: its data.
        base: folder that its files are relative to.
    """

    study: StudySpec
    plan: Plan
    dataset: Dataset
    base: Path


@dataclass(frozen=True)
class Work(PlannedStudy):
    """The same with its data laid out in a home, where workers map them.

    Args:
        study: as it was asked.
        plan: of the study; before a search, with the first values of its space for tuned levels.
        dataset: its data, mapped too.
        base: folder that its files are relative to.
        folder: where the data lie.
        description: of the data set.
        frozen: what was frozen before, and whether this is it.
        search: what a search came to, as JSON values.
    """

    folder: Path
    description: dict[str, Any]
    frozen: FrozenRecord | None
    search: dict[str, Any] | None = None

    def tuned(self, search: dict[str, Any]) -> Work:
        """The same with the winner of a search in the place of tuned levels."""
        return replace(self, plan=plan_on(self.study.with_tuned(search["winner"]), self.dataset), search=search)

    def grown(self, store: Store) -> Work | None:
        """The same with more seeds for what is undecided; None where no verdict needs, or may have, any."""
        if len(self.study.looks) == 1:
            return None
        from paribus.comparison.judging import contrasts_of
        from paribus.comparison.ladder import seeds_wanted

        record = store.study_on_one(self.study.name)
        rows = scored_runs(store, record)
        need_scores(rows.values(), f"test_{self.study.metric}")
        wanted = seeds_wanted(record, contrasts_of(record, rows))
        return replace(self, plan=grow(self.plan, wanted, stack_size)) if wanted else None

    def begin(self, store: Store, taken: Set[str] = frozenset()) -> list[Job]:
        """Write the study's record, and say what is left of each cohort of its plan; arguments as for `left`."""
        values = record_values(
            self.study, self.plan, self.dataset, self.description, search=self.search, frozen=self.frozen
        )
        store.save_study(self.study.name, values)
        return self.left(self.plan.cohorts, store, taken)

    def left(self, cohorts: Sequence[Runs], store: Store, taken: Set[str] = frozenset()) -> list[Job]:
        """Say what is left of each cohort.

        Args:
            cohorts: of runs on these data.
            store: whose runs need no training.
            taken: keys of further runs that need none, as others train them.
        """
        runs = [run for cohort in cohorts for run in cohort]
        for text in {run.recipe.data.text: None for run in runs if run.recipe.data.text}:
            write_tokens(self.folder, text)
        store.mend(run.key for run in runs)
        stored = stored_keys(runs, store)
        _forget(store, stored)  # what a kill left
        known = stored | taken
        missing = [tuple(run for run in cohort if run.key not in known) for cohort in cohorts]
        starts = starts_of([run for cohort in missing for run in cohort], self.plan.fingerprint, store)
        return [self._job(cohort, store, starts) for cohort in missing if cohort]

    def _job(self, cohort: Runs, store: Store, starts: dict[str, Start]) -> Job:
        part = find_part("model", cohort[0].recipe.model.kind)
        own = OwnCode(part.kind, code_hash(part.own), cloudpickle.dumps(part.own), self.base) if part.own else None
        tasks = tuple(self._task(run, starts.get(run.key, Start())) for run in cohort)
        return Job(tasks, self.folder, self.dataset.num_classes, self.dataset.item_shape, own, store.checkpoints)

    def _task(self, run: Run, start: Start) -> RunTask:
        time_s = predict(run.recipe, self.dataset) * (1 - start.epochs / run.recipe.epochs)
        return RunTask(run.key, run.seed, run.recipe.model_dump(mode="json"), start.folder, start.epochs, time_s)


def plan_with_data(study: StudySpec, origin: Origin) -> PlannedStudy:
    """Load the data of a study and plan its runs on them.

    Raises:
        DataError: the data cannot be used.
        SpecError: a variant cannot take them.
    """
    dataset = data_of(study.one_data, origin)
    give_back()
    plan = plan_on(study.with_tuned(study.tune.corners()[0]) if study.tune else study, dataset)
    check_space(study, dataset)
    return PlannedStudy(study, plan, dataset, origin.folder)


def lay_out(planned: PlannedStudy, store: Store, frozen: FrozenRecord | None) -> Work:
    """Lay the data of a study out in the home, and let go of them in memory.

    Raises:
        StoreError: the home cannot be written.
    """
    folder, description = prepare(planned.dataset, store.home)
    dataset = mapped(planned.dataset, folder)
    return Work(planned.study, planned.plan, dataset, planned.base, folder, description, frozen)


def frozen_entry(
    path: Path, study: StudySpec, parts: Sequence[PlannedStudy], home: Path, quiet: bool
) -> FrozenRecord | None:
    """What the records of a study keep of its frozen plan, see `check_frozen`; None where there is none.

    Args:
        path: of the plan's file.
        study: that is about to run.
        parts: of it, one per data set.
        home: directory of the store.
        quiet: do not warn of a study that is not the one that was frozen.

    Raises:
        SpecError: the file is no frozen plan.
    """
    if not path.exists():
        return None
    from paribus.freezing import check_frozen, read_frozen, warn  # late, as few studies need it

    content = read_frozen(path)
    rows = Store(home).runs(run.key for part in parts for run in part.plan.runs).values()
    stored = [row.created for row in rows if row.status != Status.FAILED]
    entry = check_frozen(content, study, [part.dataset.fingerprint for part in parts], stored)
    if not quiet:
        warn(entry)
    return entry


def _forget(store: Store, keys: Set[str]) -> None:
    """Remove the checkpoints of runs that need none any more; failed runs are tried again from theirs."""
    there = set(store.checkpoints.iterdir())
    for path in there & {checkpoint_of(store.checkpoints, key) for key in keys if there}:
        with suppress(OSError):
            path.unlink()
