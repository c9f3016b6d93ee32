"""In a step nothing waits for a number to come from the device: an epoch of more steps reads no more numbers.

What kernels do on a CPU, PyTorch's operations do on a device, and it is these that are counted.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from paribus import kernels
from paribus.execution.worker import prepare_torch
from paribus.spec import StudySpec
from paribus.spec.parts import parts
from paribus.training.cohort import Cohort
from paribus.training.job import Job, RunTask

READS = {"item", "tolist", "cpu", "numpy", "__bool__", "__int__", "__float__", "__index__", "is_nonzero", "equal"}
RECIPES: dict[str, dict[str, Any]] = {
    **{
        " ".join([kind, *options.values()]): {
            "optimizer": {"kind": kind, **options},
            "model": {"kind": "mlp", "width": 8, "batch_norm": True, "dropout": 0.2},
        }
        for kind, part in parts("optimizer").items()
        for options in ({}, {"conventions": "keras"})
        if options.keys() <= part.options.model_fields.keys()
    },
    "penalty, clipping, cosine": {
        "model": {"kind": "residual_mlp", "width": 8},
        "l2": 0.01,
        "clip_norm": 1.0,
        "schedule": {"kind": "cosine"},
        "label_smoothing": 0.1,
        "class_weights": "balanced",
    },
    "cnn": {"model": {"kind": "cnn", "base_filters": 2, "blocks": 2}, "precision": "bf16"},
    "resnet": {"model": {"kind": "resnet", "base_filters": 2, "stages": 2}},
    "alexnet": {"model": {"kind": "alexnet", "dense_units": 8}},
    "augmented": {"model": {"kind": "linear"}, "augment": {"rotation": 5, "flip": True, "cutout": 0.2}},
}


class CountedCalls(TorchFunctionMode):
    """Counts calls that read a tensor's numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.count += getattr(func, "__name__", "") in READS
        return func(*args, **(kwargs or {}))


class CountedReads(TorchDispatchMode):
    """Counts reads from within PyTorch's own functions."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += func is torch.ops.aten._local_scalar_dense.default
        return func(*args, **(kwargs or {}))


def reads(folder: Path, recipe: dict[str, Any], batch_size: int) -> tuple[int, int]:
    """In a cohort's second epoch: by calls, and within PyTorch's functions."""
    baseline = {**recipe, "epochs": 3, "batch_size": batch_size}
    study = StudySpec.model_validate({"name": "a", "data": {"source": "none"}, "baseline": baseline})
    values = study.recipe().model_dump(mode="json")
    prepare_torch()
    cohort = Cohort(Job(tuple(RunTask(str(seed), seed, values) for seed in (0, 1)), folder, 3, (12, 12)))
    cohort.train_epoch(0)
    with CountedCalls() as calls, CountedReads() as within:
        cohort.train_epoch(1)
    return calls.count, within.count


@pytest.fixture(autouse=True)
def as_on_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "on_cpu", lambda tensor: False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(1)
    for part, rows in (("train", 96), ("test", 30)):
        np.save(path / f"x_{part}.npy", rng.integers(0, 256, (rows, 12, 12)).astype(np.uint8))
        np.save(path / f"y_{part}.npy", np.arange(rows) % 3)
    return path


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name == "alexnet")) for name in RECIPES]
)
def test_more_steps_read_no_more(name: str, folder: Path) -> None:
    few, many = (reads(folder, RECIPES[name], batch_size) for batch_size in (43, 8))
    assert few == many
    assert few[0] > 0  # the epoch's sums are read at its end


def test_a_read_would_be_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from paribus.training import cohort

    step = cohort.step
    monkeypatch.setattr(cohort, "step", lambda *parts: (step(*parts), float(parts[-1].sum())))
    few, many = (reads(folder, {"model": {"kind": "linear"}}, batch_size) for batch_size in (43, 8))
    assert few < many
