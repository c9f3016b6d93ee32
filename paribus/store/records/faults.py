"""Read a stored record, or say what is wrong with it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from paribus.errors import DamagedError, StoreError
from paribus.store.keys import is_key
from paribus.store.records.recipe import Hash, Number, RecipeFacts, Text
from paribus.store.records.run import KeptScores, Status, StoredRun
from paribus.store.records.study import (
    VERSION,
    AskedSearch,
    LadderOfSeeds,
    SearchRecord,
    SeriesRecord,
    StudyRecord,
)

STATUSES = {status.value for status in Status}

_ONE, _SEVERAL, _RECIPE = TypeAdapter(StudyRecord), TypeAdapter(SeriesRecord), TypeAdapter(RecipeFacts)
_METRICS, _SCORES = TypeAdapter(dict[Text, Number]), TypeAdapter(dict[Hash, KeptScores])


def read_study(values: Any) -> StudyRecord | SeriesRecord:
    """The record of a study, from the JSON values that any version wrote.

    Raises:
        DamagedError: they are no such record; the message is the place and what is wrong there.
        StoreError: a newer version wrote them.
    """
    stored = cast(dict[str, Any], values) if isinstance(values, dict) else {}
    refuse_newer(stored)
    try:
        record = (_SEVERAL if "parts" in stored else _ONE).validate_python(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise DamagedError(f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}") from None
    if isinstance(record, StudyRecord):
        for fault in _faults(record):
            raise DamagedError(fault)
    record.values.update(stored)
    return record


def refuse_newer(values: Any) -> None:
    """Keep the record of a study that a later version wrote from being read, or replaced.

    Raises:
        StoreError: these JSON values are one.
    """
    version: Any = cast(dict[str, Any], values).get("version", 0) if isinstance(values, dict) else 0
    if isinstance(version, int) and version > VERSION:
        raise StoreError(
            f"It was written by a newer paribus: its record has version {version}, this one reads up to {VERSION}. "
            "Update paribus, or choose another home with --home."
        )


def _faults(study: StudyRecord) -> Iterator[str]:
    """The values that contradict each other, though each is valid by itself."""
    levels, data = study.levels, study.data
    named = {run.variant for run in study.runs}.union(*(level.variants for level in levels))
    yield from (f"variants: there is no {name!r}" for name in sorted(named - study.variants.keys()))
    if any((level.factor is None) != (level.label is None) for level in levels):
        yield "levels: a factor without a level, or a level without a factor"
    references = Counter(level.factor for level in levels if level.is_reference)
    factors = {level.factor for level in levels} - {None}
    yield from (f"levels: the factor {name!r} has no one reference" for name in factors if references[name] != 1)
    if any(data.class_counts.get(part, {}).keys() != set(data.class_names) for part in ("train", "test")):
        yield "dataset.class_counts: other classes than class_names"
    yield from _faults_of_seeds(study.asked.seeds)
    if study.search:
        yield from _faults_of_search(study.search, study.asked.tune)


def _faults_of_seeds(seeds: tuple[int, ...] | LadderOfSeeds) -> Iterator[str]:
    if isinstance(seeds, tuple):
        if len(set(seeds)) < len(seeds):
            yield "spec.seeds: a seed stands twice"
    elif seeds.max <= seeds.start:
        yield "spec.seeds: max is not above start"


def _faults_of_search(search: SearchRecord, tune: AskedSearch | None) -> Iterator[str]:
    if tune is None:
        yield "spec.tune: is missing"
        return
    winner = next((trial for trial in search.trials if trial.number == search.winner_number), None)
    if winner is None or str(tune.max_epochs) not in winner.scores:
        yield "tuning.winner_number: no trial of this number went all the way"
    if any(tune.space.keys() - trial.point.keys() for trial in search.trials):
        yield "tuning.trials: a point lacks a value"


def read_scores(values: Any) -> dict[str, KeptScores]:
    """Scores that were kept of a study's runs, by key; none where these JSON values are none."""
    try:
        return _SCORES.validate_python(values)
    except ValidationError:
        return {}


def read_facts(recipe: Any) -> RecipeFacts | None:
    """What tables and verdicts ask of a stored recipe, JSON values; None if it is none."""
    try:
        return _RECIPE.validate_python(recipe)
    except ValidationError:
        return None


def read_run(row: Mapping[str, Any], facts: RecipeFacts | None) -> StoredRun | None:
    """The run of a row of the database, by column; None if the row lacks what it must have, or `facts` are missing."""
    if row["status"] not in STATUSES or not is_key(row["key"]) or facts is None:
        return None
    try:
        _METRICS.validate_python(row["metrics"])
    except ValidationError:
        return None
    whole = all(isinstance(row[name], int) for name in ("seed", "epochs", "best_epoch"))
    times = all(isinstance(row[name], float | int) and math.isfinite(row[name]) for name in ("time_s", "predicted_s"))
    if not (whole and times and isinstance(row["message"], str)):
        return None
    values: dict[str, Any] = {**row, "status": Status(row["status"]), "facts": facts}
    return StoredRun(**values)
