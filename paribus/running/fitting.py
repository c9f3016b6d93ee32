"""Whether a study fits its data and this machine, and what its recipes come to on them."""

from __future__ import annotations

from typing import Any

import numpy as np

from paribus.data import Dataset, load
from paribus.data.sampling import rows_of
from paribus.errors import DataError, SpecError
from paribus.evaluation.scoring import check_metric
from paribus.machine import machine
from paribus.memory import machine_memory
from paribus.models.blueprint import model_of
from paribus.planning import COHORT_SIZE, Plan, plan_study, quick_look
from paribus.planning.estimate import predicted_time_s
from paribus.spec import DataSpec, Last, Recipe, StudySpec
from paribus.user_code import Origin, code_in

_TRAINED = 16
"""Bytes per parameter: itself, its gradient and Adam's two averages, in float32."""


def plan_on(study: StudySpec, dataset: Dataset) -> Plan:
    """Every run of the study on this data set.

    Raises:
        DataError: a variant would have no rows to train on, or none of the validation rows that it asks for, or is for
            another number of classes; or the metric cannot be computed of the test rows.
        SpecError: a variant cannot take these items.
    """
    plan = plan_study(study, dataset.fingerprint, stack_size)
    _check_metric(study, dataset)
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
        if isinstance(preparation.validation, Last):
            _check_all_classes(name, dataset, rows.train)
    return plan


def _check_all_classes(name: str, dataset: Dataset, rows: np.ndarray) -> None:
    """Refuse the last rows for validation where a class stands among them alone, as in a file that is sorted."""
    counts = np.bincount(dataset.y_train[rows], minlength=dataset.num_classes)
    if not counts.all():
        missing = dataset.class_names[int(np.argmin(counts))]
        raise DataError(
            f"{name}: data.validation takes the last rows, and then no row of the class {missing!r} is left for "
            "training: the rows are sorted by class. Use a share, as in `validation: 0.2`, or shuffle the file."
        )


def stack_size(recipe: Recipe) -> int:
    """Runs stacked at most: one where a processor gains nothing from more, as with convolutions and sparse texts."""
    return COHORT_SIZE if model_of(recipe).stacks and not recipe.data.text else 1


def _check_metric(study: StudySpec, dataset: Dataset) -> None:
    try:
        check_metric(study.metric, dataset.y_test, dataset.num_classes)
    except DataError as error:
        raise DataError(f"metric: {error}") from None


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
    for point in study.tune.points_to_check() if study.tune else ():
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
        num, there = count(recipe, dataset), machine_memory()
    except SpecError as error:
        raise SpecError(f"{name}: {error}") from None
    if there and _TRAINED * num > there:
        raise SpecError(
            f"{name}: {num:,} parameters take about {_TRAINED * num / 2**30:,.1f} GiB in training, and this machine "
            f"has {there / 2**30:.1f}. Make the network smaller."
        )


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


def count(recipe: Recipe, dataset: Dataset) -> int:
    """Number of trained parameters."""
    shape = recipe.data.feature_shape(dataset.item_shape)
    return model_of(recipe).parameters(shape, outputs(recipe, dataset))


def outputs(recipe: Recipe, dataset: Dataset) -> int:
    """Outputs of the head."""
    return 1 if recipe.output == "sigmoid" else dataset.num_classes


def predict(recipe: Recipe, dataset: Dataset) -> float:
    """Seconds that one run takes one thread, see `predicted_time_s`."""
    rows = int(len(dataset.y_train) * recipe.data.fraction * (1 - recipe.data.held_out))
    shape = recipe.data.feature_shape(dataset.item_shape)
    operations = model_of(recipe).operations(shape, outputs(recipe, dataset))
    return predicted_time_s(operations, rows, recipe.epochs, recipe.batch_size)
