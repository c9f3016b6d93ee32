"""The conductor: from a study to its result, along the path spec, data, plan, training, store, result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import PrivateAttr

import paribus.models
import paribus.training.optimizers
import paribus.training.schedules  # noqa: F401  (registers what studies name)
from paribus.data import Dataset
from paribus.data import load as load_data
from paribus.data.prepared import prepare
from paribus.environment import environment
from paribus.execution import default_workers, warm_up
from paribus.outlook import Outlook, count, look_ahead, plan_on
from paribus.planning import Plan
from paribus.result import Result
from paribus.search import search
from paribus.search_outlook import look_ahead_of_search
from paribus.session import Session
from paribus.spec import StudySpec
from paribus.store import Store, home_directory
from paribus.studies import find_study
from paribus.user_code import code_in

if TYPE_CHECKING:
    from paribus.training.trained import Trained


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
        ahead = look_ahead_of_search if self.tune else look_ahead
        return ahead(self, load_data(self.data, self._base), store, workers or default_workers())

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
        plan = plan_on(self.with_tuned(self.tune.corners()[0]) if self.tune else self, dataset)
        store = Store(home_directory(Path(home) if home else None))
        spaces = [recipe.data for recipe in plan.variants.values()]
        folder, description = prepare(dataset, store.home, spaces)
        session = Session(dataset, folder, self._base, store, workers or default_workers(), quiet)
        tuning = None
        if self.tune:
            found = search(self, session)
            tuning, plan = found.record(self), plan_on(self.with_tuned(found.winner.point), dataset)
            prepare(dataset, store.home, [recipe.data for recipe in plan.variants.values()])
        store.save_study(self.name, _record(self, plan, dataset, description, tuning))
        session.train(plan.cohorts)
        return Result(store, self.name)


def load(study: str, variant: str = "baseline", seed: int | None = None, home: Path | str | None = None) -> Trained:
    """A trained network of a stored study, with its preprocessing and class names; see `Result.load`.

    Raises:
        StoreError: there is no such study or run in the home, or the run did not finish.
    """
    return Result(Store(home_directory(Path(home) if home else None)), study).load(variant, seed)


def _record(
    study: StudySpec, plan: Plan, dataset: Dataset, description: dict[str, Any], tuning: dict[str, Any] | None
) -> dict[str, Any]:
    """What the store keeps of a study: enough for every table and report without the data or the plan."""
    variants = {
        name: {"recipe": recipe.model_dump(mode="json"), "parameters": count(recipe, dataset)}
        for name, recipe in plan.variants.items()
    }
    return {
        "spec": study.model_dump(mode="json"),
        "tuning": tuning,
        "dataset": {**description, "class_names": list(dataset.class_names)},
        "variants": variants,
        "levels": [asdict(level) for level in plan.levels],
        "runs": [{"key": run.key, "variant": run.variant, "seed": run.seed, "fold": run.fold} for run in plan.runs],
        "environment": environment(),
    }
