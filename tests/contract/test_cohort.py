"""The promise the product rests on: a run of a cohort equals the same run trained alone, bit for bit on one thread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from trained_cohorts import assert_same, train

from paribus import kernels
from paribus.execution.worker import prepare_torch
from paribus.machine import machine
from paribus.spec.parts import parts
from paribus.spec.patch import flat
from paribus.store import Status
from paribus.training.feed import NumberFeed

ACTIVATIONS = ["relu", "tanh", "leaky_relu", "gelu", "sigmoid"]
VARIANTS: dict[str, dict[str, Any]] = {
    **{f"model {kind}": {"model.kind": kind} for kind in ("linear", "mlp", "residual_mlp")},
    "layers": {"model": {"kind": "sequential", "layers": [{"dense": 72}, "relu"]}},  # more in test_layers_stacked.py
    **{f"{room} {kind}": {f"{room}.kind": kind} for room in ("optimizer", "schedule") for kind in parts(room)},
    **{f"activation {name}": {"model.activation": name} for name in ACTIVATIONS},
    "nesterov": {"optimizer": {"kind": "sgd", "momentum": 0.9, "nesterov": True}},
    "rmsprop with momentum": {"optimizer": {"kind": "rmsprop", "momentum": 0.9}},
    **{
        f"{kind} by keras": {"optimizer": {"kind": kind, "conventions": "keras"}}
        for kind, part in parts("optimizer").items()
        if "conventions" in part.options.model_fields
    },
    "weight decay": {"optimizer.weight_decay": 0.01},
    "l2": {"l2": 0.01},
    "clipped": {"clip_norm": 0.5},
    "label smoothing": {"label_smoothing": 0.1},
    "balanced classes": {"class_weights": "balanced"},
    "weighted classes": {"class_weights": [1.0, 2.0, 0.5]},
    "warm-up": {"warmup_epochs": 1.5},
    "plateau": {"schedule": {"kind": "reduce_on_plateau", "patience": 1, "min_delta": 0.5}},
    "batch norm": {"model.batch_norm": True},
    "dropout": {"model.dropout": 0.3},
    "keras conventions": {"model": {"kind": "mlp", "conventions": "keras", "batch_norm": True}},
    "scikit-learn conventions": {"model": {"kind": "mlp", "conventions": "sklearn", "activation": "sigmoid"}},
    **{f"sizes {sizes}": {"model.sizes": list(sizes)} for sizes in ((33, 7), (1, 129), (7, 100, 13), (10, 10, 10))},
    "sizes with batch norm": {"model.sizes": [37, 11], "model.batch_norm": True, "batch_size": 7},
    "odd batches": {"model.width": 71, "batch_size": 33, "model.dropout": 0.2, "clip_norm": 1.0},
    "a batch of one row": {"model.width": 100, "batch_size": 1, "data.fraction": 0.3},
    **{f"scale {s}": {"data.scale": s} for s in ("none", "unit", "per-feature", "l2-rows", "l2-columns")},
    "half": {"data.fraction": 0.5},
    "bf16": {"precision": "bf16", "model.batch_norm": True},
    "no validation": {"data.validation": 0},
    "a fold": {"data.validation": {"folds": 3, "fold": 1}},
    "the last rows validate": {"data.validation": {"last": 0.2}},
    "not shuffled": {"shuffle": False, "model.dropout": 0.2},
    "test set chooses": {"data.validation": "test", "keep": "best"},
    "best F1 kept": {"keep": "best", "monitor": "f1_macro"},
    "least training loss kept": {
        "data.validation": 0,
        "monitor": "train_loss",
        "keep": "best",
        "early_stopping": {"patience": 1, "min_delta": 0.2},
    },
    "best kept": {"keep": "best", "early_stopping": {"patience": 1}},
}


@pytest.fixture(scope="module", params=["pixels", "drawings", "odd features"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """784 pixels as bytes, few or most of them 0, or 13 features as floats; 10 batches of 32 rows, the last smaller."""
    path, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(7)
    for part, rows in (("train", 344), ("test", 50)):
        labels = np.arange(rows) % 3
        if request.param == "pixels":
            items = (rng.integers(0, 200, (rows, 28, 28)) + 20 * labels[:, None, None]).astype(np.uint8)
        elif request.param == "drawings":
            drawn = rng.random((rows, 28, 28)) < 0.2
            items = (drawn * (rng.integers(1, 200, (rows, 28, 28)) + 20 * labels[:, None, None])).astype(np.uint8)
        else:
            items = (rng.normal(size=(rows, 13)) + labels[:, None]).astype(np.float32)
        np.save(path / f"x_{part}.npy", items)
        np.save(path / f"y_{part}.npy", labels)
    return path


def test_zeros_of_drawings_are_left_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    usual = NumberFeed.sparse_batch
    monkeypatch.setattr(NumberFeed, "sparse_batch", lambda feed, rows_MB: made.append(1) or usual(feed, rows_MB))
    train(folder, [(0, {})])
    mostly_zero = (np.load(folder / "x_train.npy") == 0).mean() > 0.75
    assert len(made) == (20 if mostly_zero else 0)  # two epochs


@pytest.mark.parametrize("name", VARIANTS)
def test_a_cohort_equals_its_runs_alone(name: str, folder: Path) -> None:
    tasks = [(seed, VARIANTS[name]) for seed in range(5)]
    for m, record in enumerate(train(folder, tasks)):
        assert_same(record, train(folder, [tasks[m]])[0])


IMAGE_MODELS: dict[str, dict[str, Any]] = {
    "cnn": {"model.kind": "cnn", "model.base_filters": 4, "model.blocks": 2, "l2": 0.01, "batch_size": 128},
    "cnn in bf16": {"model.kind": "cnn", "model.base_filters": 4, "precision": "bf16"},
    "alexnet in bf16": {"model": {"kind": "alexnet", "dense_units": 16}, "epochs": 1, "precision": "bf16"},
    "cnn by keras": {"model": {"kind": "cnn", "base_filters": 4, "conventions": "keras", "activation": "gelu"}},
    "alexnet": {"model.kind": "alexnet", "model.dense_units": 16, "epochs": 1, "data.fraction": 0.2},
    "augmented mlp": {"augment": {"flip": True, "rotation": 20, "shift": 0.1, "zoom": 0.2}},
    "augmented cnn": {
        "model.kind": "cnn",
        "model.base_filters": 2,
        "augment": {"brightness": 0.2, "contrast": 0.3, "cutout": 0.4},
    },
    "resnet": {"model.kind": "resnet", "model.base_filters": 4, "clip_norm": 1.0, "batch_size": 128},
}


EMULATED = pytest.mark.skipif(machine().images.emulates, reason="bfloat16 is emulated, which takes minutes")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=EMULATED if name.endswith("in bf16") else ()) for name in IMAGE_MODELS]
)
def test_a_cohort_of_image_models_equals_its_runs_alone(name: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for part, rows in (("train", 90), ("test", 30)):
        labels = np.arange(rows) % 3
        items = (rng.integers(0, 200, (rows, 3, 16, 12)) + 20 * labels[:, None, None, None]).astype(np.uint8)
        np.save(tmp_path / f"x_{part}.npy", items)
        np.save(tmp_path / f"y_{part}.npy", labels)
    tasks = [(seed, IMAGE_MODELS[name]) for seed in range(3)]
    for m, record in enumerate(train(tmp_path, tasks)):
        assert_same(record, train(tmp_path, [tasks[m]])[0])


@pytest.mark.parametrize("rows", [300, 301])
@pytest.mark.parametrize("width", [1, 7, 200])
def test_a_cohort_with_one_output_equals_its_runs_alone(width: int, rows: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    for part in ("train", "test"):
        labels = np.arange(rows) % 2
        np.save(tmp_path / f"x_{part}.npy", (rng.normal(size=(rows, 33)) + labels[:, None]).astype(np.float32))
        np.save(tmp_path / f"y_{part}.npy", labels)
    tasks = [(seed, {"output": "sigmoid", "model.width": width, "batch_size": 128}) for seed in range(5)]
    for m, record in enumerate(train(tmp_path, tasks, 2)):
        assert_same(record, train(tmp_path, [tasks[m]], 2)[0])


def test_runs_with_their_own_numbers_equal_themselves_alone(folder: Path) -> None:
    optimizers = [
        {"kind": "sgd", "lr": lr, "momentum": m} for lr, m in ((0.1, 0.0), (0.01, 0.9), (0.1, 0.9), (0.02, 0.5))
    ]
    tasks = [(seed, {"optimizer": o, "model.dropout": 0.1 * (seed + 1)}) for seed, o in enumerate(optimizers)]
    for m, record in enumerate(train(folder, tasks)):
        assert_same(record, train(folder, [tasks[m]])[0])


def test_a_run_that_ends_early_leaves_the_others_as_they_are(folder: Path) -> None:
    short, long = {"epochs": 1, "model.batch_norm": True}, {"epochs": 4, "model.batch_norm": True}
    diverging = {**long, "optimizer.lr": 1e30}
    tasks = [(0, short), (1, long), (2, diverging), (3, short), (4, long)]
    records = train(folder, tasks)
    assert [r.epochs for r in records] == [1, 4, 1, 1, 4]
    assert records[2].status == Status.DIVERGED
    for m in (0, 1, 3, 4):
        assert_same(records[m], train(folder, [tasks[m]])[0])


@pytest.mark.parametrize("name", ["dropout", "batch norm", "l2", "clipped", "nesterov", "model residual_mlp"])
def test_where_there_are_no_kernels_pytorch_does_the_same(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = {  # Adam would blow rounding up, and a rectifier at its corner
        "optimizer": {"kind": "sgd", "lr": 0.05, "momentum": 0.9},
        "model.activation": "tanh",
    }
    tasks = [(seed, plain | VARIANTS[name]) for seed in range(2)]
    by_kernels = train(folder, tasks)
    monkeypatch.setattr(kernels, "on_cpu", lambda tensor: False)
    for ours, theirs in zip(by_kernels, train(folder, tasks), strict=True):
        for part, values in ours.weights.items():
            np.testing.assert_allclose(values, theirs.weights[part], rtol=1e-3, atol=5e-4, err_msg=part)
        assert ours.metrics["test_loss"] == pytest.approx(theirs.metrics["test_loss"], rel=1e-3)


def test_every_model_is_held_to_the_promise() -> None:
    kinds = {flat(change).get("model.kind") for change in (*VARIANTS.values(), *IMAGE_MODELS.values())}
    assert {kind for kind, part in parts("model").items() if not part.own} <= kinds


def test_the_test_is_run_on_one_thread() -> None:
    prepare_torch()
    assert torch.get_num_threads() == 1
