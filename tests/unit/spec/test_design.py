"""Crossed factors: which are combined, how their changes are laid together, and what cannot be combined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from paribus.errors import SpecError
from paribus.spec import StudySpec
from paribus.spec.patch import flat, patched

Make = Callable[..., StudySpec]
DEPTH = {"vary": "model.depth", "levels": [1, 2, 3]}
DROPOUT = {"vary": "model.dropout", "levels": [0.0, 0.3]}
KIND = {"levels": {"sgd": {"optimizer.kind": "sgd"}, "adam": {"optimizer": {"kind": "adam"}}}}
RATE = {"vary": "optimizer.lr", "levels": [0.001, 0.1]}
FACTORS = {"depth": DEPTH, "dropout": DROPOUT, "kind": KIND, "rate": RATE}


@pytest.mark.parametrize(
    ("design", "groups"),
    [
        ("one-at-a-time", [("depth",), ("dropout",), ("kind",), ("rate",)]),
        ("factorial", [("depth", "dropout", "kind", "rate")]),
        ({"factorial": ["rate", "depth"]}, [("depth", "rate"), ("dropout",), ("kind",)]),
    ],
)
def test_which_factors_are_varied_together(design: Any, groups: list[tuple[str, ...]], make_study: Make) -> None:
    study = make_study(factors=FACTORS, design=design)
    assert study.groups() == groups
    assert StudySpec.model_validate(study.model_dump(mode="json")) == study


def test_one_at_a_time_is_the_default(make_study: Make) -> None:
    assert make_study(factors=FACTORS) == make_study(factors=FACTORS, design="one-at-a-time")


def test_cells_are_all_combinations_with_both_changes(make_study: Make) -> None:
    study = make_study(factors={"kind": KIND, "rate": RATE}, design="factorial")
    cells = study.cells(("kind", "rate"))
    found = {labels: (recipe.optimizer.kind, recipe.optimizer.lr) for labels, recipe in cells.items()}
    assert found == {
        ("sgd", "0.001"): ("sgd", 0.001),
        ("sgd", "0.1"): ("sgd", 0.1),
        ("adam", "0.001"): ("adam", 0.001),
        ("adam", "0.1"): ("adam", 0.1),
    }


def test_the_order_of_the_factors_changes_no_recipe(make_study: Make) -> None:
    one = make_study(factors={"kind": KIND, "rate": RATE}, design="factorial").cells(("kind", "rate"))
    two = make_study(factors={"rate": RATE, "kind": KIND}, design="factorial").cells(("rate", "kind"))
    assert one == {(b, a): recipe for (a, b), recipe in two.items()}


def test_given_of_crossed_factors_holds_for_all_of_them_and_for_no_other(make_study: Make) -> None:
    factors = {
        "depth": {**DEPTH, "given": {"model.width": 8}},
        "dropout": {**DROPOUT, "given": {"epochs": 4, "model": {"width": 8}}},  # the same width twice is no clash
        "rate": RATE,
    }
    study = make_study(factors=factors, design={"factorial": ["depth", "dropout"]})
    cells = study.cells(("depth", "dropout"))
    assert len(cells) == 6
    assert {(recipe.model.width, recipe.epochs) for recipe in cells.values()} == {(8, 4)}
    assert cells["3", "0.3"].model.depth == 3
    assert study.reference("depth") == "2"
    assert {(recipe.model.width, recipe.epochs) for recipe in study.recipes("rate").values()} == {(128, 10)}


@pytest.mark.parametrize(
    ("design", "factors", "message"),
    [
        ("factrial", FACTORS, "design: must be one-at-a-time, factorial or .* found 'factrial'. Did you mean 'factor"),
        ({"crossed": ["a"]}, FACTORS, r"design: must be one-at-a-time, factorial or .* found \{'crossed': \['a'\]\}"),
        ({"factorial": "depth"}, FACTORS, "design.factorial: must be a list of names of factors, found 'depth'"),
        ({"factorial": ["depth"]}, FACTORS, r"design.factorial: must name at least 2 factors, found \['depth'\]"),
        ({"factorial": []}, FACTORS, r"design.factorial: must name at least 2 factors, found \[\]"),
        ({"factorial": ["rate", "rate"]}, FACTORS, "design.factorial: must differ from each other, found"),
        (
            {"factorial": ["depth", "dorpout"]},
            FACTORS,
            r"design.factorial\[1\]: must be a factor, found 'dorpout'. Did you mean 'dropout'\? Known: depth, dropout",
        ),
        ("factorial", {"depth": DEPTH}, "design: a factorial crosses at least 2 factors, found 1: depth. Add factors"),
        ("factorial", {}, "design: a factorial crosses at least 2 factors, found 0. Add factors"),
        (
            "factorial",
            {"rate": RATE, "rule": {"levels": {"sgd": {"optimizer": {"kind": "sgd", "lr": 0.1}}, "own": {}}}},
            "design: the factors 'rate' and 'rule' both change optimizer.lr, so one would overwrite the other",
        ),
        (
            "factorial",
            {"depth": {**DEPTH, "given": {"optimizer.lr": 0.1}}, "rate": RATE},
            "'depth' and 'rate' both change optimizer.lr",
        ),
        (  # a level's new kind would drop the other factor's `given`
            "factorial",
            {"depth": {**DEPTH, "given": {"optimizer.beta1": 0.8}}, "kind": KIND},
            "'depth' and 'kind' both change optimizer.beta1",
        ),
        (
            "factorial",
            {"depth": {**DEPTH, "given": {"epochs": 3}}, "dropout": {**DROPOUT, "given": {"epochs": 4}}},
            "'depth' and 'dropout' both change epochs",
        ),
        (
            "factorial",
            {
                "stop": {"vary": "early_stopping", "levels": [None, {"patience": 3}]},
                "patience": {"vary": "early_stopping.patience", "levels": [1, 2]},
            },
            "'stop' and 'patience' both change early_stopping.patience",
        ),
        (
            "factorial",
            {"family": {"vary": "model.kind", "levels": ["mlp", "linear"]}, "dropout": DROPOUT},
            "design: family=linear, dropout=0: model.dropout: is unknown here",
        ),
        (
            "factorial",
            {"depth": DEPTH, "a × b": DROPOUT},
            "design: 'a × b' holds ' × ', which interactions are written with; name it otherwise",
        ),
        (
            "factorial",
            {"depth": DEPTH, "rate": {"levels": {"2 × 2": {"epochs": 2}, "own": {}}}},
            "design: '2 × 2' holds ' × '",
        ),
    ],
)
def test_mistakes(design: Any, factors: dict[str, Any], message: str, make_study: Make) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        make_study(factors=factors, design=design)
    assert "\n" not in str(caught.value)


def test_cells_that_train_the_same_network_are_refused(make_study: Make) -> None:
    """With `sizes`, a depth means nothing, though each of the two differs from the baseline."""
    factors = {
        "sizes": {"vary": "model.sizes", "levels": [None, [9, 9]]},
        "depth": {"vary": "model.depth", "levels": [2, 3]},
    }
    with pytest.raises(SpecError, match=r"design: sizes=9-9, depth=3: trains the same network as sizes=9-9, depth=2;"):
        make_study(factors=factors, design="factorial")


@pytest.mark.parametrize(
    "patch",
    [
        {"optimizer": {"kind": "sgd", "lr": 0.1}},
        {"optimizer.lr": 0.1, "optimizer.kind": "sgd"},
        {"early_stopping": {}},
        {"model": {"width": 3, "sizes": [1, 2]}, "epochs": None},
        {"optimizer": {"lr": 0.1}, "optimizer.lr": 0.2},
    ],
)
def test_a_flat_patch_does_the_same(patch: dict[str, Any]) -> None:
    base = {"optimizer": {"kind": "adam", "beta1": 0.9}, "early_stopping": None, "model": {"width": 1}}
    assert patched(base, flat(patch)) == patched(base, patch)
