"""The conductor: from a study to its result, along the path spec, data, plan, training, store, result.

What only a result needs is imported when training is over, so that it begins a second or two earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import PrivateAttr, model_validator

from paribus.execution import executor_of, number_of_workers
from paribus.running.fitting import data_of, quick_fields
from paribus.running.forecast import Forecast, forecast, forecast_search
from paribus.running.record import series_values
from paribus.running.search import search
from paribus.running.work import Pool, Work, frozen_entry, lay_out, plan_with_data
from paribus.spec import DataSpec, StudySpec
from paribus.store import find_store, home_directory
from paribus.store.running import driving
from paribus.studies import find_study
from paribus.training.job import Job
from paribus.user_code import Origin, code_in, origin_given

if TYPE_CHECKING:
    from paribus.freezing import FrozenPlan
    from paribus.results.result import Result

Home = Path | str | None


class Study(StudySpec):
    """A study that can be run; the fields are those of a study file."""

    _origin: Origin = PrivateAttr(default_factory=Origin)

    @model_validator(mode="wrap")
    @classmethod
    def _names_code(cls, values: Any, handler: Any) -> Any:
        """What a program says in Python is its own code, unless it opens a study file."""
        with code_in(origin_given() or Origin()):
            return handler(values)

    @classmethod
    def open(cls, name: str, settings: Iterable[str] = (), *, trust: bool = False) -> Study:
        """A built-in study by name, or a study file.

        Args:
            name: as in `paribus run`.
            settings: changes such as `baseline.epochs=20`.
            trust: import what it names from anywhere, see `Origin`.

        Raises:
            SpecError: there is no such study, it holds a mistake, or it names code that is not trusted.
        """
        values, base = find_study(name, settings)
        origin = Origin(base, str(name), trust)
        with code_in(origin):
            study = cls.model_validate(values)
        study._origin = origin
        return study

    def quick(self) -> Study:
        """A first look, NAME-quick: about 2,000 rows, 2 epochs, 2 seeds; levels that become alike are left out."""
        study = Study.model_validate(quick_fields(self, self._origin))
        study._origin = self._origin
        return study

    def plan(self, home: Home = None, workers: int | None = None) -> list[Forecast]:
        """What `run` would train, what is stored, and how long the rest takes: one per data set."""
        folder = home_directory(Path(home) if home else None)
        store = find_store(folder)
        ahead = forecast_search if self.tune else forecast
        num = max(number_of_workers(workers), 1)
        return [ahead(part, data_of(part.one_data, self._origin), store, num) for part in self.parts()]

    def freeze(self, forecasts: Sequence[Forecast]) -> FrozenPlan:
        """Write what will be tested into NAME.frozen.yaml beside the study file; every result says whether it held.

        Args:
            forecasts: of this study, from `plan`.

        Raises:
            SpecError: that file holds another plan, or this is a quick look.
        """
        from paribus.freezing import freeze

        stored = {key for forecast in forecasts for key in forecast.stored}
        return freeze(self._plan_file, self, [forecast.plan.fingerprint for forecast in forecasts], len(stored))

    def run(
        self, home: Home = None, workers: int | None = None, quiet: bool = False, run_timeout: float | None = None
    ) -> Result:
        """Train every run that the home does not hold yet, storing each as it ends; while others do, wait for them.

        Args:
            home: directory of the store; by default PARIBUS_HOME, else ./paribus-home.
            workers: processes, of one thread each; 0 for none; by default PARIBUS_WORKERS, else one per core.
            quiet: show no progress.
            run_timeout: seconds after which a run is stopped, and has failed.

        Returns:
            The result, over all data sets.

        Raises:
            DataError: the data cannot be used.
            StoreError: the home cannot be used.
        """
        with executor_of(workers, run_timeout) as executor:
            parts = [plan_with_data(part, self._origin) for part in self.parts()]
            folder = home_directory(Path(home) if home else None)
            frozen = frozen_entry(self._plan_file, self, parts, folder, quiet)
            with driving(folder, {self.name, *(part.study.name for part in parts)}, quiet) as store:
                works = [lay_out(part, store, frozen) for part in parts]
                del parts  # whose data are mapped from now on
                self._train(works, Pool(store, executor, quiet))
        from paribus.results.result import Result

        return Result(store, self.name)

    def _train(self, works: Sequence[Work], pool: Pool) -> None:
        """Search, train what is planned, and go on with more seeds where the verdicts ask for them."""
        store = pool.store
        if self.tune:
            works = [work.tuned(search(work, pool).record(work.study)) for work in works]
        if not isinstance(self.data, DataSpec):
            store.save_study(self.name, series_values(self, [work.study.name for work in works]))
        while works:
            jobs: list[Job] = []
            for work in works:
                jobs += work.begin(store, {run.key for job in jobs for run in job.runs})
            pool.train(jobs, len({run.key for work in works for run in work.plan.runs}))
            works = [grown for work in works if (grown := work.grown(store))]

    @property
    def _plan_file(self) -> Path:
        return self._origin.folder / f"{self.name}.frozen.yaml"
