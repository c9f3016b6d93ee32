"""Every kind of listed layer, with every option: a cohort equals its runs alone, bit for bit on one thread."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trained_cohorts import assert_same, train

from paribus.spec import StudySpec
from paribus.spec.parts import find_part, parts

INITS = ["pytorch", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform", "lecun_normal"]
ROWS: dict[str, list[Any]] = {
    "every activation": [
        layer for name in ("tanh", "gelu", "sigmoid", "leaky_relu") for layer in ({"dense": 37}, {"activation": name})
    ],
    "a slope": [{"dense": 37}, {"activation": {"function": "leaky_relu", "slope": 0.1}}],
    "an activation first": ["tanh", {"dense": 37}],
    "dropout first": [{"dropout": 0.2}, {"dense": 37}, "relu", {"dropout": 0.4}],
    "batch norm first": ["batch_norm", {"dense": 37}, "relu"],
    "batch norm last": [{"dense": 37}, "relu", {"batch_norm": {"momentum": 0.3, "epsilon": 0.01}}, {"dropout": 0.3}],
    "layer norm": [{"dense": 37}, "layer_norm", "relu", {"dense": 9}, {"layer_norm": {"epsilon": 0.01}}],
    "layer norm first": ["layer_norm", {"dense": 37}, "relu"],
    "group norm": [
        {"dense": 36},
        {"group_norm": 4},
        "relu",
        {"dense": 9},
        {"group_norm": {"groups": 3, "epsilon": 0.1}},
    ],
    "penalties": [{"dense": {"units": 37, "l2": 0.01}}, "relu", {"dense": {"units": 9, "l1": 0.01, "l2": 0.1}}],
    "no biases": [{"dense": {"units": 37, "bias": False}}, "relu", {"dense": {"units": 9, "bias": False}}],
    "initializers": [{"dense": {"units": 11, "init": init}} for init in INITS],
    "zeros": [{"dense": {"units": 11, "init": "zeros"}}, "tanh"],
    "a block": [
        {"dense": 21},
        "batch_norm",
        "relu",
        {"dropout": 0.2},
        {"residual": [{"dense": 21}, "batch_norm", "relu", {"dropout": 0.2}, {"dense": 21}, "layer_norm"]},
        "relu",
    ],
    "a block first": [{"residual": {"inner": [{"dense": 21}, "relu"], "shortcut": [{"dense": 21}]}}, "tanh"],
    "a block in a block": [{"dense": 21}, {"residual": [{"dense": 21}, {"residual": ["layer_norm", "tanh"]}]}],
    "nothing": ["identity", "flatten", {"dense": 21}, "relu", {"dropout": 0}],
    "no layers": [],
}
IMAGES: dict[str, list[Any]] = {
    "batch norm after": [
        {"conv": 4},
        "relu",
        "batch_norm",
        "max_pool",
        {"dropout": 0.2},
        "flatten",
        {"dense": 9},
        "relu",
    ],
    "a slope": [
        {"conv": 4},
        "batch_norm",
        "max_pool",
        {"activation": {"function": "leaky_relu", "slope": 0.2}},
        "flatten",
    ],
    "batch norm first": ["batch_norm", {"conv": 4}, "relu", "flatten"],
    "kernels": [
        {"conv": {"filters": 3, "kernel_size": 2}},
        {"conv": {"filters": 5, "kernel_size": 4, "stride": 2}},
        {"conv": {"filters": 4, "kernel_size": 3, "padding": "valid"}},
        {"conv": {"filters": 6, "kernel_size": 1, "stride": 2}},
        "flatten",
    ],
    "penalties": [
        {"conv": {"filters": 4, "l1": 0.01, "l2": 0.01, "bias": False, "init": "he_normal"}},
        "relu",
        "flatten",
    ],
    "depthwise": [
        {"depthwise_conv": {"multiplier": 2}},
        {"depthwise_conv": {"kernel_size": 2, "stride": 2, "padding": "valid", "init": "he_uniform"}},
        {"depthwise_conv": {"kernel_size": 1, "stride": 2, "bias": False, "l1": 0.01, "l2": 0.1}},
        {"conv": {"filters": 7, "kernel_size": 1}},
        "global_average_pool",
    ],
    "max pools": [{"conv": 4}, {"max_pool": 3}, {"max_pool": {"size": 2, "stride": 1}}, "flatten"],
    "average pools": [{"conv": 4}, "average_pool", {"average_pool": {"size": 3, "stride": 1}}, "flatten"],
    "pools first": ["max_pool", "average_pool", {"conv": 4}, "global_average_pool"],
    "spatial dropout": [{"conv": 7}, "relu", {"spatial_dropout": 0.3}, {"conv": 4}, {"dropout": 0.3}, "flatten"],
    "spatial dropout first": [{"spatial_dropout": 0.3}, {"conv": 4}, "flatten"],
    "norms": [
        {"conv": 6},
        "layer_norm",
        "relu",
        {"conv": 6},
        {"group_norm": 3},
        "gelu",
        {"group_norm": 1},
        "flatten",
        {"group_norm": 2},
    ],
    "norms first": ["layer_norm", {"group_norm": 3}, {"conv": 4}, "flatten"],
    "responses": [
        {"conv": 7},
        {"local_response_norm": {"depth_radius": 5, "alpha": 1, "beta": 0.5, "k": 1}},
        "relu",
        {"conv": 5},
        {"local_response_norm": {"size": 3, "alpha": 0.1}},
        "local_response_norm",
        "flatten",
    ],
    "a block": [
        {"conv": 5},
        {
            "residual": {
                "inner": [
                    {"conv": {"filters": 6, "stride": 2}},
                    "batch_norm",
                    "relu",
                    {"conv": 6},
                    {"spatial_dropout": 0.2},
                ],
                "shortcut": [{"conv": {"filters": 6, "kernel_size": 1, "stride": 2}}, {"group_norm": 2}],
            }
        },
        "relu",
        "global_average_pool",
    ],
    "images as rows": [{"dense": 9}, "relu"],
}


def model(layers: list[Any], **others: Any) -> dict[str, Any]:
    return {"model": {"kind": "sequential", "layers": layers, **others}}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laid_out(tmp_path_factory.mktemp("rows"), (13,))


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return laid_out(tmp_path_factory.mktemp("images"), (3, 16, 12))


def laid_out(folder: Path, shape: tuple[int, ...]) -> Path:
    """83 training rows, so that the last batch of an epoch is smaller."""
    rng = np.random.default_rng(5)
    for part, number in (("train", 83), ("test", 30)):
        labels = np.arange(number) % 3
        np.save(
            folder / f"x_{part}.npy",
            (rng.normal(size=(number, *shape)) + labels.reshape(-1, *[1] * len(shape))).astype(np.float32),
        )
        np.save(folder / f"y_{part}.npy", labels)
    return folder


def check(folder: Path, changes: list[dict[str, Any]]) -> None:
    """Runs of seeds 0, 1, and so on, each with its own change of the recipe."""
    tasks = list(enumerate(changes))
    for m, record in enumerate(train(folder, tasks)):
        assert_same(record, train(folder, [tasks[m]])[0])


@pytest.mark.parametrize("conventions", ["pytorch", "keras"])
@pytest.mark.parametrize("name", ROWS)
def test_rows_of_features(name: str, conventions: str, rows: Path) -> None:
    check(rows, [model(ROWS[name], conventions=conventions)] * 4)


@pytest.mark.parametrize("conventions", ["pytorch", "keras"])
@pytest.mark.parametrize("name", IMAGES)
def test_images(name: str, conventions: str, images: Path) -> None:
    check(images, [model(IMAGES[name], conventions=conventions)] * 3)


@pytest.mark.parametrize("name", ["norms", "depthwise", "average pools", "responses", "a block"])
def test_images_in_bfloat16(name: str, images: Path) -> None:
    check(images, [{**model(IMAGES[name]), "precision": "bf16", "epochs": 1, "data.fraction": 0.3}] * 2)


TWINS: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "mlp": (
        {"kind": "mlp", "width": 33, "depth": 2, "batch_norm": True, "dropout": 0.3},
        [layer for _ in range(2) for layer in ({"dense": 33}, "batch_norm", "relu", {"dropout": 0.3})],
    ),
    "cnn": (
        {"kind": "cnn", "base_filters": 3, "blocks": 1, "dense_units": 7, "dropout": 0.4},
        [
            *[{"conv": 3}, "batch_norm", "max_pool", "leaky_relu", {"dropout": 0.2}],
            *["flatten", {"dense": 7}, "leaky_relu", {"dropout": 0.4}],
        ],
    ),
}


@pytest.mark.parametrize("name", TWINS)
def test_a_list_that_says_what_a_family_says_trains_to_the_same_bits(name: str, images: Path) -> None:
    family, layers = TWINS[name]
    ours, theirs = (train(images, [(seed, change) for seed in (0, 1)]) for change in (model(layers), {"model": family}))
    for mine, other in zip(ours, theirs, strict=True):
        assert_same(mine, other)


def test_the_head(rows: Path) -> None:
    check(rows, [model([{"dense": 7}], head={"bias": False, "init": "he_normal", "l2": 0.1, "l1": 0.01})] * 3)


def test_each_run_with_its_own_numbers(images: Path) -> None:
    changes = [
        model(
            [
                {"conv": {"filters": 4, "l2": 0.01 * number}},
                {"spatial_dropout": 0.1 * number},
                "flatten",
                {"dense": {"units": 9, "l1": 0.01 * number}},
                {"dropout": 0.2 * number},
            ],
            head={"l2": 0.1 * number},
        )
        | {"l2": 0.001 * number}
        for number in (1, 2, 3)
    ]
    check(images, changes)


def test_no_kind_and_no_option_is_missing() -> None:
    found: set[tuple[str, str]] = set()
    for layers in chain(ROWS.values(), IMAGES.values()):
        values = StudySpec.model_validate({"name": "a", "data": {"source": "x"}, "baseline": model(layers)})
        found |= options_in(values.baseline.model_dump(mode="json")["model"]["layers"])
    for kind in parts("layer"):
        known = [(kind, ""), *((kind, name) for name in find_part("layer", kind).options.model_fields)]
        assert not set(known) - found


def options_in(layers: list[dict[str, Any]]) -> set[tuple[str, str]]:
    """Kinds, and options of kinds, that a checked list has."""
    found: set[tuple[str, str]] = set()
    for layer in layers:
        kind, options = next((key, value) for key, value in layer.items() if key != "name")
        found |= {(kind, ""), *((kind, name) for name in options)}
        if kind == "residual":
            found |= options_in(options["inner"]) | options_in(options.get("shortcut", []))
    return found
