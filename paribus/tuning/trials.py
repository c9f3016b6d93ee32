"""Trials as runs: the baseline with a point's values, trained for a rung's epochs with seeds of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from paribus.errors import SpecError
from paribus.planning import Run, runs_of
from paribus.spec import Recipe, StudySpec
from paribus.spec.base import explain
from paribus.spec.tune import SEEDS_FROM


def trial_recipe(study: StudySpec, point: Mapping[str, Any], epochs: int) -> Recipe:
    """The baseline with a trial's values, trained for `epochs`.

    Raises:
        SpecError: so few epochs, or these values, do not fit the recipe.
    """
    try:
        return study.recipe(point, {"epochs": epochs})
    except ValidationError as error:
        letter = explain(error, f"tune: a trial of {epochs} epoch{'s' if epochs > 1 else ''}")
        remedy = "Give the search more epochs, or change the baseline." if _fits(study, point) else "Change the space."
        raise SpecError(f"{letter} {remedy}") from None


def _fits(study: StudySpec, point: Mapping[str, Any]) -> bool:
    """Whether the values are allowed with the baseline's own epochs."""
    try:
        study.recipe(point)
    except ValidationError:
        return False
    return True


def trial_runs(study: StudySpec, point: Mapping[str, Any], epochs: int, fingerprint: str, name: str = "") -> list[Run]:
    """The runs of a trial on one rung: one per seed, or per seed and fold.

    Args:
        study: with a search.
        point: values by path.
        epochs: trained in all.
        fingerprint: of the data.
        name: that the progress line may show.
    """
    assert study.tune is not None
    seeds = range(SEEDS_FROM, SEEDS_FROM + study.tune.seeds)
    return runs_of(name, trial_recipe(study, point, epochs), seeds, fingerprint)
