"""Records of made-up studies and runs for tests; what a test does not give is filled in, and nothing is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from paribus.comparison.verdicts import Pairing, Scores
from paribus.store.records.recipe import PreparationFacts, RecipeFacts
from paribus.store.records.run import Status, StoredRun
from paribus.store.records.study import (
    AskedData,
    AskedFactor,
    AskedOfOne,
    AskedSearch,
    DataFacts,
    FrozenRecord,
    LadderOfSeeds,
    Level,
    MachineRecord,
    PlannedRun,
    SearchRecord,
    StudyRecord,
    TrialRecord,
    VariantRecord,
)

_RECIPE: dict[str, Any] = {"data": {"validation": 0.1}, "epochs": 10}
_DATA: dict[str, Any] = {
    "name": "x", "fingerprint": "f", "class_names": ("0", "1"), "class_counts": {}, "item_shape": (), "num_classes": 2,
    "rows": {"train": 1_000, "test": 1_000}, "duplicates": {"train": 0, "test": 0}, "overlap": 0, "missing": 0,
}  # fmt: skip
_SPEC: dict[str, Any] = {"name": "a", "question": "", "baseline": {}, "seeds": 1, "metric": "accuracy", "margin": 0.01}
_ASKED_DATA: dict[str, Any] = {"source": "x", "scale": "none", "fraction": 1.0, "validation": 0.1}


def study_of(values: Mapping[str, Any]) -> StudyRecord:
    """The record of a study of JSON values, as far as they are given; `seeds` may be their number."""
    given = {**_SPEC, **values.get("spec", {})}
    seeds, tune, search = given["seeds"], given.get("tune"), values.get("tuning")
    asked = AskedOfOne(
        **{
            **{name: given[name] for name in (*_SPEC, "family", "rule", "quick_look") if name in given},
            "seeds": LadderOfSeeds(**seeds) if isinstance(seeds, dict) else tuple(_listed(seeds)),
            "factors": {name: AskedFactor(**(at or {"levels": []})) for name, at in given.get("factors", {}).items()},
            "tune": AskedSearch(**tune) if tune else None,
            "data": AskedData(**{**_ASKED_DATA, **given.get("data", {})}),
        }
    )
    record = StudyRecord(
        asked=asked,
        data=_facts_of_data(values.get("dataset", {})),
        variants={name: _variant(at or {}) for name, at in values.get("variants", {}).items()},
        levels=levels_of(values.get("levels", [])),
        runs=tuple(PlannedRun(**run) for run in values.get("runs", [])),
        machine=MachineRecord("3.11.1"),
        frozen=FrozenRecord(**{"already_stored": 0, **values["frozen"]}) if values.get("frozen") else None,
        search=_search(search) if search else None,
    )
    record.values.update(values)
    return record


def levels_of(levels: list[dict[str, Any]]) -> tuple[Level, ...]:
    """Levels of JSON values."""
    return tuple(Level(**{**level, "variants": tuple(level["variants"])}) for level in levels)


def pairings_of(factor: str, reference: str, scores: Scores) -> list[Pairing]:
    """Every level against the reference."""
    return [
        Pairing(factor=factor, level=level, reference=reference, level_S=level_S, reference_S=scores[reference])
        for level, level_S in scores.items()
        if level != reference
    ]


def run_of(key: str, **values: Any) -> StoredRun:
    """A run that finished, with other values where they are given."""
    recipe = values.pop("recipe", _RECIPE)
    usual: dict[str, Any] = {
        "seed": 0, "status": Status.FINISHED, "epochs": 10, "best_epoch": 5, "time_s": 1.0, "predicted_s": 1.0,
        "metrics": {}, "message": "", "created": datetime(2026, 1, 1, tzinfo=UTC),
    }  # fmt: skip
    return StoredRun(**{**usual, **values, "key": key, "recipe": recipe, "facts": _facts(recipe)})


def _search(values: Mapping[str, Any]) -> SearchRecord:
    trials = (TrialRecord(**{**trial, "keys": tuple(trial["keys"])}) for trial in values["trials"])
    return SearchRecord(**{**values, "trials": tuple(trials)})


def _facts_of_data(values: Mapping[str, Any]) -> DataFacts:
    known = {field.name for field in fields(DataFacts)}
    return DataFacts(**{**_DATA, **{name: value for name, value in values.items() if name in known}})


def _listed(seeds: Any) -> Any:
    return range(seeds) if isinstance(seeds, int) else seeds


def _variant(values: Mapping[str, Any]) -> VariantRecord:
    recipe = values.get("recipe", {})
    return VariantRecord(recipe=recipe, facts=_facts({**_RECIPE, **recipe}), parameters=values.get("parameters", 1))


def _facts(recipe: Mapping[str, Any]) -> RecipeFacts:
    chosen = {name: recipe[name] for name in ("epochs", "monitor", "keep", "vary_only") if name in recipe}
    return RecipeFacts(data=PreparationFacts(recipe["data"]["validation"]), **chosen)
