"""The record of a study, over one data set or several, as the store keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from paribus.data import Dataset
from paribus.environment import environment
from paribus.metric.own import code_of
from paribus.planning import ENGINE, Plan
from paribus.running.fitting import count
from paribus.spec import StudySpec
from paribus.spec.parts import find_part
from paribus.store.records.study import VERSION, FrozenRecord
from paribus.user_code import code_hash


def record_values(
    study: StudySpec,
    plan: Plan,
    dataset: Dataset,
    description: Mapping[str, Any],
    *,
    search: Mapping[str, Any] | None,
    frozen: FrozenRecord | None,
) -> dict[str, Any]:
    """What the store keeps of a study: enough for every table and report without the data or the plan.

    Args:
        study: as it was asked.
        plan: of its runs.
        dataset: its data.
        description: of the data, as they were prepared.
        search: what its search came to, as JSON values; None without one.
        frozen: of its frozen plan; None without one.

    Returns:
        JSON values that `read_study` reads.
    """
    variants = {
        name: {"recipe": recipe.model_dump(mode="json"), "parameters": count(recipe, dataset)}
        for name, recipe in plan.variants.items()
    }
    return {
        "version": VERSION,
        "spec": study.model_dump(mode="json"),
        "tuning": search,
        "frozen": frozen and asdict(frozen),
        "dataset": {**description, "class_names": list(dataset.class_names)},
        "variants": variants,
        "code": _codes(plan),
        **({"metric_code": code} if (code := code_of(study.metric)) else {}),
        "levels": [asdict(level) for level in plan.levels],
        "runs": [{"key": run.key, "variant": run.variant, "seed": run.seed, "fold": run.fold} for run in plan.runs],
        "environment": {**environment(), "engine": ENGINE},
    }


def _codes(plan: Plan) -> dict[str, str]:
    """By variant, the hash of the code of a model of the user's own."""
    own = {name: find_part("model", recipe.model.kind).own for name, recipe in plan.variants.items()}
    return {name: code_hash(function) for name, function in own.items() if function}


def series_values(study: StudySpec, parts: Sequence[str]) -> dict[str, Any]:
    """What the store keeps of a study over several data sets: what was asked, and the names of its parts."""
    return {"version": VERSION, "spec": study.model_dump(mode="json"), "parts": list(parts)}
