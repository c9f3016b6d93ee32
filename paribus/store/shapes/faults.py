"""What is wrong with a stored row."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from paribus.store.keys import is_key
from paribus.store.records import Status
from paribus.store.shapes.record import Ladder, Number, Recipe, Series, Study, Text, Tune, Tuning
from paribus.store.tables import RunRow

STATUSES = {status.value for status in Status}

_ONE, _SEVERAL, _RECIPE = TypeAdapter(Study), TypeAdapter(Series), TypeAdapter(Recipe)
_METRICS = TypeAdapter(dict[Text, Number])


def fault_of_study(record: Any) -> str:
    """What is wrong with the record of a study; empty if nothing is."""
    try:
        if isinstance(record, dict) and "parts" in record:
            _SEVERAL.validate_python(record, strict=True)
            return ""
        return next(_faults(_ONE.validate_python(record, strict=True)), "")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"


def _faults(study: Study) -> Iterator[str]:
    """What does not fit together, each part being well by itself."""
    levels, dataset, tuning = study["levels"], study["dataset"], study.get("tuning")
    named = {run["variant"] for run in study["runs"]}.union(*(level["variants"] for level in levels))
    yield from (f"variants: there is no {name!r}" for name in sorted(named - study["variants"].keys()))
    if any((level["factor"] is None) != (level["label"] is None) for level in levels):
        yield "levels: a factor without a level, or a level without a factor"
    references = Counter(level["factor"] for level in levels if level["is_reference"])
    factors = {level["factor"] for level in levels} - {None}
    yield from (f"levels: the factor {name!r} has no one reference" for name in factors if references[name] != 1)
    parts = [dataset["class_counts"].get(part, {}).keys() for part in ("train", "test")]
    if any(part != set(dataset["class_names"]) for part in parts):
        yield "dataset.class_counts: other classes than class_names"
    yield from _faults_of_seeds(study["spec"]["seeds"])
    if tuning:
        yield from _faults_of_search(tuning, study["spec"].get("tune"))


def _faults_of_seeds(seeds: list[int] | Ladder) -> Iterator[str]:
    if isinstance(seeds, list):
        if len(set(seeds)) < len(seeds):
            yield "spec.seeds: a seed stands twice"
    elif seeds["max"] <= seeds["start"]:
        yield "spec.seeds: max is not above start"


def _faults_of_search(tuning: Tuning, tune: Tune | None) -> Iterator[str]:
    if tune is None:
        yield "spec.tune: is missing"
        return
    winner = next((trial for trial in tuning["trials"] if trial["number"] == tuning["winner_number"]), None)
    if winner is None or str(tune["max_epochs"]) not in winner["scores"]:
        yield "tuning.winner_number: no trial of this number went all the way"
    if any(tune["space"].keys() - trial["point"].keys() for trial in tuning["trials"]):
        yield "tuning.trials: a point lacks a value"


def is_sound(row: RunRow) -> bool:
    """Whether the row of a run has what it must have."""
    if row.status not in STATUSES or not is_key(row.key):
        return False
    try:
        _RECIPE.validate_python(row.recipe, strict=True)
        _METRICS.validate_python(row.metrics, strict=True)
    except ValidationError:
        return False
    text: Any = row.message
    whole: list[Any] = [row.seed, row.epochs, row.best_epoch]
    timed: list[Any] = [row.time_s, row.predicted_s]
    numbers = all(isinstance(value, int) for value in whole)
    times = all(isinstance(value, float | int) and math.isfinite(value) for value in timed)
    return numbers and times and isinstance(text, str)
