"""Layers as a study file lists them: one form of each, the families' twins, keys and cohorts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from paribus import SpecError
from paribus.models import Blueprint
from paribus.models.families.alexnet import alexnet
from paribus.models.families.cnn import cnn
from paribus.models.families.linear import linear
from paribus.models.families.mlp import mlp
from paribus.models.families.residual_mlp import residual_mlp
from paribus.models.families.resnet import resnet
from paribus.models.network import StackedNetwork
from paribus.planning import plan_study, run_key
from paribus.spec import Recipe, StudySpec

Make = Callable[..., StudySpec]

FORMS: list[list[Any]] = [
    [{"dense": 512}, {"dense": {"units": 512}}, {"dense": {"units": 512, "l2": 0, "bias": True, "init": None}}],
    ["relu", {"activation": "relu"}, {"activation": {"function": "relu", "slope": None}}],
    [{"max_pool": 2}, "max_pool", {"max_pool": None}, {"max_pool": {"size": 2, "stride": 2}}, {"max_pool": {}}],
    [{"max_pool": 3}, {"max_pool": {"size": 3, "stride": 3}}],
    [{"dropout": 0.3}, {"dropout": {"rate": 0.3}}],
    ["batch_norm", {"batch_norm": {}}, {"batch_norm": {"epsilon": None}}],
    [{"residual": [{"dense": 4}, "relu"]}, {"residual": {"inner": [{"dense": {"units": 4}}, "relu"], "shortcut": []}}],
    ["local_response_norm", {"local_response_norm": {"size": 5, "alpha": 0.0001, "beta": 0.75, "k": 2}}],
    [{"conv": 4}, {"conv": {"filters": 4, "kernel_size": 3, "stride": 1, "padding": "same", "l1": 0.0}}],
]
DROPPED = {"dropout": 0.25}
SAME: dict[str, tuple[Blueprint, list[Any], str]] = {
    "linear": (linear(), [], "pytorch"),
    "mlp": (
        mlp(width=7, depth=2, batch_norm=True, dropout=0.25),
        [layer for _ in range(2) for layer in ({"dense": 7}, "batch_norm", "relu", DROPPED)],
        "pytorch",
    ),
    "mlp by Keras": (
        mlp(sizes=(7, 5), activation="tanh", conventions="keras"),
        ["flatten", {"dense": 7}, "tanh", {"dense": 5}, {"dropout": 0}, "tanh", "identity"],
        "keras",
    ),
    "residual_mlp": (
        residual_mlp(width=7, blocks=2, dropout=0.25),
        [
            *[{"dense": 7}, "batch_norm", "relu"],
            *[{"residual": [{"dense": 7}, "batch_norm", "relu", {"dense": 7}, "batch_norm"]}, "relu", DROPPED],
            *[{"residual": [{"dense": 7}, "batch_norm", "relu", {"dense": 7}, "batch_norm"]}, "relu"],
        ],
        "pytorch",
    ),
    "cnn": (
        cnn(base_filters=3, blocks=2, dense_units=5, dropout=0.5, conventions="keras"),
        [
            *[layer for n in (3, 6) for layer in ({"conv": n}, "batch_norm", "max_pool", "leaky_relu", DROPPED)],
            *["flatten", {"dense": 5}, "leaky_relu", {"dropout": 0.5}],
        ],
        "keras",
    ),
    "alexnet": (
        alexnet(dense_units=5, dropout=0.0),
        [
            *[layer for n in (96, 256) for layer in ({"conv": n}, "relu", "local_response_norm", "max_pool")],
            *[layer for n in (384, 384, 256) for layer in ({"conv": n}, "relu")],
            *[{"max_pool": {"size": 2, "stride": 1}}, "flatten", {"dense": 5}, "relu", {"dense": 5}, "relu"],
        ],
        "pytorch",
    ),
    "resnet": (
        resnet(base_filters=3, stages=2),
        [
            *[{"conv": 3}, "batch_norm", "relu"],
            *[{"residual": [{"conv": 3}, "batch_norm", "relu", {"conv": 3}, "batch_norm"]}, "relu"],
            {
                "residual": {
                    "inner": [
                        {"conv": {"filters": 6, "stride": 2}}, "batch_norm", "relu", {"conv": 6}, "batch_norm",
                    ],
                    "shortcut": [{"conv": {"filters": 6, "kernel_size": 1, "stride": 2}}, "batch_norm"],
                }
            },
            *["relu", "global_average_pool"],
        ],
        "pytorch",
    ),
}  # fmt: skip


def model(layers: list[Any], **others: Any) -> dict[str, Any]:
    return {"model": {"kind": "sequential", "layers": layers, **others}}


def of_images(layer: Any) -> list[Any]:
    """A network of that layer alone."""
    return [layer, "flatten"] if "conv" in str(layer) or "pool" in str(layer) or "response" in str(layer) else [layer]


@pytest.mark.parametrize("forms", FORMS, ids=str)
def test_all_forms_of_a_layer_are_one_run(forms: list[Any], make_study: Make) -> None:
    recipes = [make_study(baseline=model(of_images(form))).recipe() for form in forms]
    assert len({run_key(recipe, 0, "f") for recipe in recipes}) == 1
    assert all(recipe == recipes[0] for recipe in recipes)


@pytest.mark.parametrize("form", [forms[-1] for forms in FORMS], ids=str)
def test_what_is_stored_is_read_again_as_it_is(form: Any, make_study: Make) -> None:
    recipe = make_study(baseline=model(of_images(form), head={"l2": 0.1})).recipe()
    stored = json.loads(recipe.model_dump_json())
    again = Recipe.model_validate(stored)
    assert again == recipe
    assert again.model_dump(mode="json") == stored
    assert again.built() == recipe.built()


@pytest.mark.parametrize("name", SAME)
def test_a_list_that_says_what_a_family_says_is_that_network(name: str, make_study: Make) -> None:
    """So it trains to the same bits: nothing but the network on paper, seeds and rows goes into training."""
    family, layers, conventions = SAME[name]
    assert make_study(baseline=model(layers, conventions=conventions)).recipe().built()[0] == family


def test_names_change_no_key_and_other_options_do(make_study: Make) -> None:
    def key(layer: dict[str, Any]) -> str:
        inner = {"residual": [{"dense": 4, **({"name": "in"} if "name" in layer else {})}]}
        return run_key(make_study(baseline=model([{"dense": 4}, inner, layer])).recipe(), 0, "f")

    assert key({"dense": 4}) == key({"dense": 4, "name": "last"})
    others = [{"units": 5}, {"l1": 0.1}, {"l2": 0.1}, {"bias": False}, {"init": "he_normal"}]
    assert len({key({"dense": {"units": 4, **other}}) for other in others} | {key({"dense": 4})}) == 6


def levels_of(make_study: Make, **levels: dict[str, Any]) -> list[set[str]]:
    """The variants of each cohort of a study with these levels."""
    layers = [{"dense": {"units": 4, "l2": 0.1}}, {"dropout": 0.1}, {"dense": 4, "name": "last"}]
    head = {"l1": 0.1}
    made = plan_study(make_study(baseline=model(layers, head=head), factors={"f": {"levels": levels}}, seeds=2), "f")
    return [{run.variant for run in cohort} for cohort in made.cohorts]


def test_numbers_share_a_cohort_and_structures_do_not(make_study: Make) -> None:
    rates = {"model.layers[1].dropout": 0.4, "model.layers[0].dense.l2": 0.3, "model.head.l1": 0.5}
    assert levels_of(make_study, a={}, b=rates) == [{"baseline", "f=b"}]
    for other in (
        {"model.layers[1].dropout": 0},
        {"model.layers[0].dense.l2": 0},
        {"model.layers[0].dense.l1": 0.1},
        {"model.layers[last].dense.units": 5},
        {"model.layers[last].dense.init": "zeros"},
        {"model.layers[1]": "tanh"},
    ):
        assert len(levels_of(make_study, a={}, b=other)) == 2, other


def test_a_factor_reaches_layers_by_place_and_by_name(make_study: Make) -> None:
    block = {"residual": {"inner": [{"dense": 4, "name": "deep"}, "relu"]}, "name": "block"}
    study = make_study(baseline=model([{"dense": 4}, block, {"dropout": 0.1, "name": "drop"}]))

    def layers(change: dict[str, Any]) -> list[Any]:
        return study.recipe(change).model_dump(mode="json")["model"]["layers"]

    same = layers({})
    assert layers({"model.layers[2].dropout": 0.5})[2] == {"dropout": {"rate": 0.5}, "name": "drop"}
    assert layers({"model.layers[drop].dropout.rate": 0.5}) == layers({"model.layers.2.dropout": 0.5})
    assert layers({"model": {"layers": {"drop": {"dropout": 0.5}}}}) == layers({"model.layers[2].dropout": 0.5})
    assert layers({"model.layers[drop]": {"activation": "tanh"}})[2] == {
        "activation": {"function": "tanh"},
        "name": "drop",
    }
    assert layers({"model.layers[0]": "tanh"}) == [{"activation": {"function": "tanh"}}, *same[1:]]
    deep = layers({"model.layers[block].residual.inner[deep].dense": {"units": 4, "l2": 0.1}})[1]
    assert deep["residual"]["inner"][0] == {"dense": {"units": 4, "l2": 0.1}, "name": "deep"}
    assert layers({"model.layers": ["relu"]}) == [{"activation": {"function": "relu"}}]


def test_crossed_factors_may_change_different_layers_but_not_one_place(make_study: Make) -> None:
    baseline = model([{"dense": 4, "name": "one"}, {"dense": 4, "name": "two"}])

    def crossed(first: str, second: str) -> StudySpec:
        factors = {name: {"vary": path, "levels": [4, 5]} for name, path in (("a", first), ("b", second))}
        return make_study(baseline=baseline, factors=factors, design="factorial")

    cells = crossed("model.layers[one].dense", "model.layers[1].dense.units").cells(("a", "b"))
    found = {tuple(noun.units for noun in recipe.built()[0].features) for recipe in cells.values()}
    assert found == {(4, 4), (4, 5), (5, 4), (5, 5)}
    with pytest.raises(SpecError, match="both change model.layers.0.dense.units"):
        crossed("model.layers[0].dense", "model.layers.0.dense.units")
    with pytest.raises(SpecError, match="trains the same network as"):
        crossed("model.layers[0].dense", "model.layers[one].dense")


def test_parameters_are_what_torch_holds(make_study: Make) -> None:
    layers = [
        {"conv": {"filters": 6, "kernel_size": 4, "stride": 2, "bias": False}}, "batch_norm", "relu",
        {"depthwise_conv": {"multiplier": 2, "padding": "valid"}}, {"group_norm": 3}, "local_response_norm",
        {"residual": {"inner": [{"conv": 5}], "shortcut": [{"conv": {"filters": 5, "kernel_size": 1}}]}},
        "average_pool", {"spatial_dropout": 0.1}, "flatten", {"dense": {"units": 9, "bias": False}}, "layer_norm",
    ]  # fmt: skip
    blueprint = make_study(baseline=model(layers, head={"bias": False})).recipe().built()[0]
    held = StackedNetwork([blueprint] * 2, [0, 1], (3, 17, 14), 7)
    by_hand = 6 * 3 * 16 + 12 + (9 + 1) * 12 + 24 + (12 * 9 + 1) * 5 + (12 + 1) * 5 + 5 * 3 * 2 * 9 + 18 + 9 * 7
    assert blueprint.parameters((3, 17, 14), 7) == sum(p[0].numel() for p in held.parameters()) == by_hand


@pytest.mark.parametrize(
    ("layers", "shape", "message"),
    [
        (["max_pool"] * 3 + ["flatten"], (6, 6), r"model.layers\[2\]: images shrink to 1 x 1 before a pooling of 2"),
        ([{"conv": {"filters": 2, "kernel_size": 9, "padding": "valid"}}, "flatten"], (6, 6), "before a kernel of 9"),
        ([{"dense": 9}, {"dropout": 0}, {"group_norm": 2}], (5,), r"model.layers\[2\]: 9 channels cannot be divided"),
        ([{"dense": 9}, {"residual": [{"dense": 4}]}], (5,), r"\[1\]: .* from 9 features to 4 features, and .* to 9"),
        ([{"conv": 4}, "flatten"], (5,), "this model needs images, but the items have shape"),
    ],
)
def test_what_the_data_do_not_fit(layers: list[Any], shape: Any, message: str, make_study: Make) -> None:
    blueprint = make_study(baseline=model(layers)).recipe().built()[0]
    with pytest.raises(SpecError, match=message):
        blueprint.parameters(shape, 3)


@pytest.mark.parametrize(
    ("layers", "images"),
    [
        (["flatten", {"dense": 4}], False),
        (["batch_norm", {"dense": 4}], False),
        (["batch_norm", "flatten", {"dense": 4}], True),
        ([{"residual": ["local_response_norm"]}, "flatten"], True),
    ],
)
def test_items_come_as_images_where_a_layer_asks_for_them(layers: list[Any], images: bool, make_study: Make) -> None:
    assert make_study(baseline=model(layers)).recipe().built()[0].images == images
