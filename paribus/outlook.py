"""What a study would do and cost, before anything trains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from paribus.data import Dataset, load
from paribus.data.sampling import rows_of
from paribus.environment import memory
from paribus.errors import DataError, SpecError
from paribus.machine import machine
from paribus.planning import COHORT_SIZE, Plan, Run, plan_study, quick_look
from paribus.planning.estimate import Pace, fitted, predicted_time_s
from paribus.spec import DataSpec, Recipe, StudySpec
from paribus.spec.parts import call_part
from paribus.store import Store
from paribus.tuning import Rung
from paribus.user_code import Origin, code_in

_TRAINED = 16
"""Bytes a parameter: itself, its gradient and Adam's two averages, in float32."""


@dataclass(frozen=True)
class SearchOutlook:
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
class Outlook:
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
    search: SearchOutlook | None = None
    tuned: frozenset[str] = frozenset()


def plan_on(study: StudySpec, dataset: Dataset) -> Plan:
    """Every run of the study on this data set.

    Raises:
        DataError: a variant would have no rows to train on, or none of the validation rows that it asks for, or is for
            another number of classes.
        SpecError: a variant cannot take these items.
    """
    plan = plan_study(study, dataset.fingerprint, stack_size)
    _check_texts(plan, dataset)
    for name, recipe in plan.variants.items():
        _check_recipe(name, recipe, dataset)
    for preparation, name in {run.recipe.data: run.variant for run in plan.runs}.items():
        rows = rows_of(dataset.y_train, preparation, seed=0)  # as many for every seed
        if not len(rows.train) or (preparation.held_out and not len(rows.validation)):
            part = "validation" if len(rows.train) else "training"
            raise DataError(
                f"{name}: data.fraction {preparation.fraction:g} and data.validation {preparation.held_out:g} of "
                f"{len(dataset.y_train)} rows leave none for {part}. Choose other shares, or give more data."
            )
    return plan


def stack_size(recipe: Recipe) -> int:
    """Runs stacked at most: one where a processor gains nothing from more, as with convolutions and sparse texts."""
    return COHORT_SIZE if call_part("model", recipe.model).stacks and not recipe.data.text else 1


def _check_texts(plan: Plan, dataset: Dataset) -> None:
    """Text features are for texts, and texts need them."""
    if dataset.is_text and not all(recipe.data.text for recipe in plan.variants.values()):
        raise SpecError(
            f"{dataset.name} holds texts: say how they become features, as in `data.text: {{kind: tfidf}}`."
        )
    if not dataset.is_text and any(recipe.data.text for recipe in plan.variants.values()):
        raise SpecError(f"{dataset.name} holds no texts, but data.text says how they become features: remove it.")


def check_space(study: StudySpec, dataset: Dataset) -> None:
    """Refuse a search in which a point, see `Tune.tried`, does not fit the data; errors as of `plan_on`."""
    for point in study.tune.tried() if study.tune else ():
        _check_recipe("tune.space", study.recipe(point), dataset)


def _check_recipe(name: str, recipe: Recipe, dataset: Dataset) -> None:
    """Refuse a recipe that cannot take these classes or items, or that this machine would take forever for."""
    weights, classes = recipe.class_weights, dataset.num_classes
    if recipe.output == "sigmoid" and classes != 2:
        raise DataError(f"{name}: output: sigmoid is for 2 classes, but the data have {classes}; use softmax.")
    if weights not in (None, "balanced") and len(weights) != classes:
        raise DataError(f"{name}: class_weights has {len(weights)} numbers for {classes} classes; give one each.")
    shape = recipe.data.feature_shape(dataset.item_shape)
    if recipe.augment and len(shape) not in (2, 3):
        raise SpecError(f"{name}: augment needs images, but the items have shape {shape}.")
    if recipe.precision == "bf16" and machine().images.emulates:
        raise SpecError(
            f"{name}: precision: bf16 is emulated on this machine, {machine().images}. Write `fp32`, or `auto`, which "
            "takes bfloat16 where it was measured to be faster."
        )
    try:
        num, there = count(recipe, dataset), memory()
    except SpecError as error:
        raise SpecError(f"{name}: {error}") from None
    if there and _TRAINED * num > there:
        raise SpecError(
            f"{name}: {num:,} parameters take about {_TRAINED * num / 2**30:,.1f} GiB in training, and this machine "
            f"has {there / 2**30:.1f}. Make the network smaller."
        )


def look_ahead(study: StudySpec, dataset: Dataset, store: Store | None, workers: int) -> Outlook:
    """Plan a study whose levels are known, without training or writing anything."""
    plan = plan_on(study, dataset)
    stored = stored_keys(plan.runs, store) if store else frozenset[str]()
    known = pace(store)
    recipes = {run.key: run.recipe for run in plan.runs if run.key not in stored}
    open_s = sum(predict(recipe, dataset) for recipe in recipes.values())
    time_s = (known or Pace()).time_s(open_s, len(recipes)) / workers
    parameters = {name: count(recipe, dataset) for name, recipe in plan.variants.items()}
    return Outlook(plan, parameters, stored, time_s, known is not None)


def data_of(spec: DataSpec, origin: Origin) -> Dataset:
    """Load data that `origin` names, see `load`.

    Raises:
        DataError: the data cannot be used.
    """
    with code_in(origin):
        return load(spec, origin.folder)


def quick_fields(study: StudySpec, origin: Origin) -> dict[str, Any]:
    """The fields of a quick look at the study, see `quick_look`.

    Raises:
        DataError: the data cannot be used.
    """
    listed: Any = study.data
    entries = listed if isinstance(listed, list | tuple) else [listed]
    return quick_look(study, [np.bincount(data_of(entry, origin).y_train).tolist() for entry in entries])


def pace(store: Store | None) -> Pace | None:
    """What the runs that finished last tell of this machine; None where none is stored to go by."""
    recent = store.recent_runs() if store else []
    return fitted([row.time_s for row in recent], [row.predicted_s for row in recent])


def stored_keys(runs: Iterable[Run], store: Store) -> frozenset[str]:
    """Keys of the runs that need no training; failed ones are tried again."""
    rows = store.runs(run.key for run in runs)  # whole rows, as a damaged one is none
    return frozenset(key for key, row in rows.items() if row.status != "failed")


def count(recipe: Recipe, dataset: Dataset) -> int:
    """Number of trained parameters."""
    shape = recipe.data.feature_shape(dataset.item_shape)
    return call_part("model", recipe.model).parameters(shape, outputs(recipe, dataset))


def outputs(recipe: Recipe, dataset: Dataset) -> int:
    """Outputs of the head."""
    return 1 if recipe.output == "sigmoid" else dataset.num_classes


def predict(recipe: Recipe, dataset: Dataset) -> float:
    """Seconds that one run takes one thread, see `predicted_time_s`."""
    rows = int(len(dataset.y_train) * recipe.data.fraction * (1 - recipe.data.held_out))
    shape = recipe.data.feature_shape(dataset.item_shape)
    operations = call_part("model", recipe.model).operations(shape, outputs(recipe, dataset))
    return predicted_time_s(operations, rows, recipe.epochs, recipe.batch_size)
