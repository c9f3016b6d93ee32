"""Runs trained side by side and alone, for tests of what they must have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from paribus.execution.worker import prepare_torch
from paribus.spec import StudySpec
from paribus.store import RunRecord, Status
from paribus.training.cohort import train_cohort
from paribus.training.job import Job, RunTask


def train(folder: Path, tasks: list[tuple[int, dict[str, Any]]], num_classes: int = 3) -> list[RunRecord]:
    study = StudySpec.model_validate(
        {
            "name": "a",
            "data": {"source": "none"},
            "baseline": {"epochs": 2, "batch_size": 32, "model": {"kind": "mlp", "width": 72}},
        }
    )
    recipes = [study.recipe(change).model_dump(mode="json") for _, change in tasks]
    runs = tuple(RunTask(str(n), seed, r) for n, ((seed, _), r) in enumerate(zip(tasks, recipes, strict=True)))
    prepare_torch()
    return train_cohort(Job(runs, folder, num_classes, np.load(folder / "x_test.npy").shape[1:]))


def assert_same(together: RunRecord, alone: RunRecord) -> None:
    assert together.status == alone.status == Status.FINISHED
    assert together.metrics == alone.metrics
    for kind in ("weights", "history", "predictions"):
        ours, theirs = getattr(together, kind), getattr(alone, kind)
        assert ours.keys() == theirs.keys()
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name], err_msg=f"{kind} {name}")
