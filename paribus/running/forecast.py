"""What running a study would do and cost, before anything trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from paribus.data import Dataset
from paribus.errors import StoreError
from paribus.planning import Plan
from paribus.planning.estimate import Pace, fitted
from paribus.running.fitting import check_space, count, plan_on, predict
from paribus.running.resuming import goes_on, stored_keys
from paribus.spec import StudySpec
from paribus.store import Store
from paribus.tuning import Rung, brackets_of
from paribus.tuning.trials import trial_runs


@dataclass(frozen=True)
class SearchForecast:
    """What a search would do.

    Args:
        algorithm: its name.
        brackets: the rungs of each.
        epochs: that it trains at most.
        time_s: estimate for them; 0 if it is stored.
        stored: whether the home holds its outcome.
    """

    algorithm: str
    brackets: list[list[Rung]]
    epochs: int
    time_s: float
    stored: bool

    @property
    def trials(self) -> int:
        """Points that are drawn."""
        return sum(rungs[0].trials for rungs in self.brackets)


@dataclass(frozen=True)
class Forecast:
    """What running a study would do: its plan, what is stored of it, and how long the rest takes.

    Args:
        plan: variants, runs and cohorts.
        parameters: number of trained parameters by variant.
        stored: keys of the runs that need no training.
        time_s: estimate for the others.
        measured: whether that rests on runs stored in this home.
        search: that comes before; None without one.
        tuned: variants that wait for its winner; their recipes and parameters here are those of a corner of its space.
    """

    plan: Plan
    parameters: dict[str, int]
    stored: frozenset[str]
    time_s: float
    measured: bool
    search: SearchForecast | None = None
    tuned: frozenset[str] = frozenset()


def forecast(study: StudySpec, dataset: Dataset, store: Store | None, workers: int) -> Forecast:
    """Plan a study whose levels are known, without training or writing anything."""
    plan = plan_on(study, dataset)
    stored = stored_keys(plan.runs, store) if store else frozenset[str]()
    known = pace(store)
    recipes = {run.key: run.recipe for run in plan.runs if run.key not in stored}
    open_s = sum(predict(recipe, dataset) for recipe in recipes.values())
    time_s = (known or Pace()).time_s(open_s, len(recipes)) / workers
    parameters = {name: count(recipe, dataset) for name, recipe in plan.variants.items()}
    return Forecast(plan, parameters, stored, time_s, known is not None)


def forecast_search(study: StudySpec, dataset: Dataset, store: Store | None, workers: int) -> Forecast:
    """Plan a study with tuned levels, without training or writing anything.

    Where the home holds the outcome of this very search, the tuned levels are known; else a corner of the space stands
    for them, and the forecast says which variants that are.
    """
    assert study.tune is not None
    found = _known_winner(study, dataset, store) if store else None
    if found is not None:
        return replace(forecast(study.with_tuned(found), dataset, store, workers), search=_cost(study, dataset, None))
    ways = [forecast(study.with_tuned(corner), dataset, store, workers) for corner in study.tune.corners()]
    check_space(study, dataset)
    widest = max(ways, key=lambda way: len(way.plan.variants))  # a corner may happen to be another level
    known = [way.plan.variants for way in ways]
    tuned = {name for name, recipe in widest.plan.variants.items() if any(way.get(name) != recipe for way in known)}
    stored = widest.stored - {run.key for run in widest.plan.runs if run.variant in tuned}
    search = _cost(study, dataset, pace(store) or Pace(), workers)
    return replace(widest, search=search, tuned=frozenset(tuned), stored=stored)


def pace(store: Store | None) -> Pace | None:
    """What the runs that finished last tell of this machine; None where none is stored to go by."""
    recent = store.recent_runs() if store else []
    return fitted([row.time_s for row in recent], [row.predicted_s for row in recent])


def _known_winner(study: StudySpec, dataset: Dataset, store: Store) -> Mapping[str, Any] | None:
    """The values that a search stored under the study's name came to, if it was the same search on the same data."""
    try:
        record = store.study_on_one(study.name)
    except StoreError:
        return None
    search, asked = record.search, study.model_dump(mode="json")
    if not search or any(record.spec[name] != asked[name] for name in ("tune", "metric")):
        return None
    first = search.trials[0]
    runs = trial_runs(study, first.point, int(next(iter(first.scores))), dataset.fingerprint)
    return search.winner if first.keys[: len(runs)] == tuple(run.key for run in runs) else None


def _cost(study: StudySpec, dataset: Dataset, known: Pace | None, workers: int = 1) -> SearchForecast:
    """Brackets, epochs and seconds of a search; `known` is the pace of one worker, None if the search is stored."""
    assert study.tune is not None
    brackets = brackets_of(study.tune)
    corners = study.tune.corners()
    at_pace = known or Pace()
    costs = [_cost_of(study, dataset, rungs, corner, at_pace) for rungs in brackets for corner in corners]
    epochs = max(sum(cost for cost, _ in costs[at :: len(corners)]) for at in range(len(corners)))
    time_s = sum(took_s for _, took_s in costs) / len(corners) / workers if known else 0.0
    return SearchForecast(study.tune.algorithm, brackets, epochs, time_s, known is None)


def _cost_of(
    study: StudySpec, dataset: Dataset, rungs: list[Rung], point: Mapping[str, Any], pace: Pace
) -> tuple[int, float]:
    """Epochs of a bracket in which every trial is `point`, and the seconds that they take one worker."""
    epochs, time_s = 0, 0.0
    before = None
    for rung in rungs:
        runs = trial_runs(study, point, rung.epochs, dataset.fingerprint)
        recipe = runs[0].recipe
        done = before.epochs if before and goes_on(before, recipe) else 0
        new, every = recipe.epochs - done, rung.trials * len(runs)
        epochs += every * new
        time_s += pace.time_s(every * predict(recipe, dataset) * new / recipe.epochs, every)
        before = recipe
    return epochs, time_s
