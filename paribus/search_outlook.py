"""What a study with a search would do and cost, before anything trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from paribus.data import Dataset
from paribus.errors import StoreError
from paribus.extension import goes_on
from paribus.outlook import Outlook, SearchOutlook, check_space, look_ahead, pace, predict
from paribus.planning.estimate import Pace
from paribus.spec import StudySpec
from paribus.store import Store
from paribus.tuning import Rung, brackets_of
from paribus.tuning.trials import trial_runs


def look_ahead_of_search(study: StudySpec, dataset: Dataset, store: Store | None, workers: int) -> Outlook:
    """Plan a study with tuned levels, without training or writing anything.

    Where the home holds the outcome of this very search, the tuned levels are known; else a corner of the space stands
    for them, and the outlook says which variants that are.
    """
    assert study.tune is not None
    found = _known_winner(study, dataset, store) if store else None
    if found is not None:
        return replace(look_ahead(study.with_tuned(found), dataset, store, workers), search=_cost(study, dataset, None))
    ways = [look_ahead(study.with_tuned(corner), dataset, store, workers) for corner in study.tune.corners()]
    check_space(study, dataset)
    outlook = max(ways, key=lambda way: len(way.plan.variants))  # a corner may happen to be another level
    known = [way.plan.variants for way in ways]
    tuned = {name for name, recipe in outlook.plan.variants.items() if any(way.get(name) != recipe for way in known)}
    stored = outlook.stored - {run.key for run in outlook.plan.runs if run.variant in tuned}
    search = _cost(study, dataset, pace(store) or Pace(), workers)
    return replace(outlook, search=search, tuned=frozenset(tuned), stored=stored)


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


def _cost(study: StudySpec, dataset: Dataset, known: Pace | None, workers: int = 1) -> SearchOutlook:
    """Brackets, epochs and seconds of a search; `known` is the pace of one worker, None if the search is stored."""
    assert study.tune is not None
    brackets = brackets_of(study.tune)
    corners = study.tune.corners()
    at_pace = known or Pace()
    costs = [_cost_of(study, dataset, rungs, corner, at_pace) for rungs in brackets for corner in corners]
    epochs = max(sum(cost for cost, _ in costs[at :: len(corners)]) for at in range(len(corners)))
    time_s = sum(took_s for _, took_s in costs) / len(corners) / workers if known else 0.0
    return SearchOutlook(study.tune.algorithm, brackets, epochs, time_s, known is None)


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
