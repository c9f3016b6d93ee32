"""A mistake in a list of layers gets one letter with the path to it."""

from __future__ import annotations

from typing import Any

import pytest

from paribus import SpecError, Study

DEEP: Any = {"dense": 4}
for _ in range(11):
    DEEP = {"residual": [DEEP]}

MISTAKES: list[tuple[Any, str]] = [
    (5, "layers: must be a list of layers, found 5."),
    ([5], "layers[0]: must be a layer, found 5. Known: activation, average_pool,"),
    ([{"dense": 4}, "rleu"], "layers[1]: must name a known layer, found 'rleu'. Did you mean 'relu'?"),
    ([{"dens": 5}], "layers[0]: must name a known layer, found 'dens'. Did you mean 'dense'?"),
    ([{"name": "a"}], "layers[0]: must name a known layer, found 'none'."),
    ([{"dense": 5, "dropout": 0.1}], "layers[0]: must be one layer, found dense and dropout. Make each an item"),
    ([{"dense": 3, "l2": 0.1}], "layers[0].l2: is unknown here. Known: dense, name."),
    (["dense"], "layers[0].dense.units: is missing."),
    ([{"dense": "wide"}], "layers[0].dense.units: must be a whole number, found 'wide'."),
    ([{"dense": {"unit": 4}}], "layers[0].dense.unit: is unknown here. Did you mean 'units'? Known: bias, init, l1,"),
    ([{"dense": {"units": 10**7}}], "layers[0].dense.units: must be less than or equal to 1000000, found 10000000."),
    ([{"dense": {"units": 4, "init": "xavier"}}], "layers[0].dense.init: must be one of these, found 'xavier'."),
    ([{"dense": {"units": 4, "l2": -1}}], "layers[0].dense.l2: must be greater than or equal to 0, found -1."),
    (
        [{"conv": {"filters": 4, "kernel_size": 1001}}, "flatten"],
        "conv.kernel_size: must be less than or equal to 1000",
    ),
    ([{"conv": {"filters": 4, "padding": "full"}}, "flatten"], "layers[0].conv.padding: must be one of these, found"),
    ([{"batch_norm": 5}], "layers[0].batch_norm: must be a mapping of options, found 5. Known: epsilon, momentum."),
    ([{"dropout": 1.5}], "layers[0].dropout.rate: must be less than 1, found 1.5."),
    (
        [{"activation": {"function": "relu", "slope": 0.1}}],
        "layers[0].activation.slope: is for leaky_relu, found relu.",
    ),
    (
        [{"activation": {"function": "leaky_relu", "slope": 2}}],
        "layers[0].activation.slope: must be less than or equal",
    ),
    (["relu", {"local_response_norm": {"size": 4}}], "layers[1].local_response_norm.size: must be odd, found 4."),
    ([{"local_response_norm": {"size": 5, "depth_radius": 5}}], "local_response_norm: must have size or depth_radius"),
    (["flatten", {"conv": 3}], "layers[1]: conv takes images, found rows of features."),
    (
        [{"conv": 3}, {"dense": 4}],
        "layers[1]: dense takes rows of features, found images. Put flatten or global_average",
    ),
    (
        [{"conv": 3}],
        "layers: must lead to rows of features, found images at the end. Add flatten or global_average_pool",
    ),
    (
        [{"conv": 3}, {"residual": [{"conv": 3}, {"dense": 4}]}, "flatten"],
        "layers[1].residual.inner[1]: dense takes rows of features, found images.",
    ),
    ([{"conv": 1}, {"residual": ["flatten"]}], "layers[1]: inner leads to rows of features and shortcut to images,"),
    ([{"residual": [{"dense": 0}]}], "layers[0].residual.inner[0].dense.units: must be greater than or equal to 1"),
    ([{"dense": 3, "name": "a"}, {"dense": 4, "name": "a"}], "layers: must have names that differ, found 'a' twice."),
    (
        [{"dense": 3, "name": "3a"}],
        "layers[0].name: must be at most 90 letters, digits, '-' and '_', a letter first, f",
    ),
    (["relu"] * 1_001, "layers: must be at most 1,000 layers, found 1,001."),
    ([{"residual": ["relu"] * 600}] * 2, "layers: must be at most 1,000 layers, found 1,202 with those of residual"),
    ([DEEP], "layers: must be at most 8 residual blocks within each other, found more."),
]


@pytest.mark.parametrize(("layers", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_one_mistake(layers: Any, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        Study(name="a", data={"source": "x"}, baseline={"model": {"kind": "sequential", "layers": layers}})
    assert message in str(caught.value)
    assert str(caught.value).startswith("baseline.model.layers")
    assert str(caught.value).count("\n") == 0


def test_as_many_blocks_as_are_allowed() -> None:
    layers = ["relu"]
    for _ in range(8):
        layers = [{"residual": layers}]
    assert Study(name="a", data={"source": "x"}, baseline={"model": {"kind": "sequential", "layers": layers}})
    with pytest.raises(SpecError, match="at most 8 residual blocks"):
        model = {"kind": "sequential", "layers": [{"residual": layers}]}
        Study(name="a", data={"source": "x"}, baseline={"model": model})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"vary": "model.layers[hiden].dense.units", "levels": [1, 2]},
            "layers has no item 'hiden'. Did you mean 'hidden'?",
        ),
        ({"vary": "model.layers[7].dense", "levels": [1, 2]}, "layers has no item '7'. Known: 0 to 1, hidden."),
        ({"vary": "model.layers[0].dense.width", "levels": [1, 2]}, "model.layers[0].dense.width: is unknown here."),
        (
            {"vary": "model.layers[0].dense", "levels": [1, "x"]},
            "levels[1]: model.layers[0].dense.units: must be a whole",
        ),
        ({"vary": "model.layers[1]", "levels": ["relu", "batchnorm"]}, "found 'batchnorm'. Did you mean 'batch_norm'?"),
        ({"vary": "model.layers[0].dense", "levels": [3, 3.0]}, "must be a whole number, found 3.0."),
        (
            {"vary": "model.layers[1]", "levels": ["relu", {"activation": "relu"}]},
            "trains the same network as the level",
        ),
        ({"vary": "model.head.l3", "levels": [0, 1]}, "model.head.l3: is unknown here."),
    ],
)
def test_one_mistake_in_a_factor(change: dict[str, Any], message: str) -> None:
    model = {"kind": "sequential", "layers": [{"dense": 3, "name": "hidden"}, "relu"]}
    with pytest.raises(SpecError) as caught:
        Study(name="a", data={"source": "x"}, baseline={"model": model}, factors={"f": change})
    assert message in str(caught.value)
    assert str(caught.value).startswith("factors.f.levels")


def test_a_list_of_layers_is_refused_by_other_models() -> None:
    with pytest.raises(SpecError, match="model.layers: is unknown here"):
        Study(name="a", data={"source": "x"}, factors={"f": {"vary": "model.layers[0].dense", "levels": [1, 2]}})
    with pytest.raises(SpecError, match=r"baseline.model.layers: is missing"):
        Study(name="a", data={"source": "x"}, baseline={"model": {"kind": "sequential"}})
