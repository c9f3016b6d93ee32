"""A mistake in a search gets its letter before anything trains."""

from __future__ import annotations

import re
from typing import Any

import pytest

from paribus import SpecError, Study
from paribus.tuning.trials import trial_recipe

LEVELS = {"default": {}, "tuned": {"tuned": True}}
DEPTH = {"model.depth": [1, 2]}


def study(**changes: Any) -> Study:
    values = {
        "name": "a",
        "data": {"source": "x"},
        "factors": {"recipe": {"levels": LEVELS}},
        "tune": {"space": DEPTH},
        **changes,
    }
    return Study.model_validate(values)


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"tune": None}, "factors.recipe.levels.tuned: {tuned: true} stands for what a search finds; say where it "),
    (
        {"factors": {"depth": {"vary": "model.depth", "levels": [1, 2]}}},
        "tune: no level takes the winner. Write {tuned: true} as a level of a factor, or remove it.",
    ),
    (
        {"factors": {"recipe": {"levels": {"default": {}, "tuned": {"tuned": False}}}}},
        "factors.recipe.levels.tuned.tuned: must be true, found False; leave it out otherwise.",
    ),
    ({"tune": {}}, "tune.space: is missing."),
    ({"tune": {"space": {}}}, "tune.space: must be a mapping of paths in the recipe to ranges or lists, found {}."),
    (
        {"tune": {"space": {"model.depth": [1]}}},
        "tune.space.model.depth: must be {low: , high: } or a list of two values or more, found [1].",
    ),
    ({"tune": {"space": {"l2": {"low": 2, "high": 1}}}}, "must have low below high, found 2 and 1."),
    ({"tune": {"space": {"l2": {"low": 1, "high": 1}}}}, "must have low below high, found 1 and 1."),
    (
        {"tune": {"space": {"l2": {"low": 0.0, "high": 1.0, "log": True}}}},
        "must have low above 0 on a logarithmic scale, found 0.",
    ),
    (
        {"tune": {"space": {"l2": {"low": 0.0, "hihg": 1.0}}}},
        "hihg: is unknown here. Did you mean 'high'?",
    ),
    (
        {"tune": {"space": {"model.dept": [1, 2]}}},
        "tune.space: model.dept: is unknown here. Did you mean 'depth'?",
    ),
    (
        {"tune": {"space": {"model.dropout": {"low": 0.0, "high": 1.5}}}},
        "tune.space: model.dropout: must be less than 1, found 1.5.",
    ),
    (
        {"tune": {"space": {"optimizer.lr": {"low": 0.0, "high": 0.1}}}},
        "tune.space: optimizer.lr: must be greater than 0, found 0.0.",
    ),
    (
        {"tune": {"space": {"optimizer.lr": [0.1, -1.0, 0.01]}}},
        "tune.space: optimizer.lr: must be greater than 0, found -1.0.",
    ),
    (
        {"tune": {"space": {"model.kind": ["mlp", "foo", "linear"]}}},
        "tune.space: model.kind: must name a known model, found 'foo'. Known: ",
    ),
    (
        {"tune": {"algorithm": "grid", "space": {"l2": {"low": 0.0, "high": 1.0}, **DEPTH}}},
        "tune.space: of a grid must be lists of values, found ranges for l2.",
    ),
    (
        {"tune": {"algorithm": "hyperbnd", "space": DEPTH}},
        "tune.algorithm: must be one of these, found 'hyperbnd'. Did you mean 'hyperband'?",
    ),
    ({"tune": {"factor": 1, "space": DEPTH}}, "tune.factor: must be greater than or equal to 2, found 1."),
    (
        {"data": {"source": "x", "validation": 0}},
        "tune: needs validation rows to choose by, found data.validation = 0.",
    ),
    (
        {"tune": {"space": {"epochs": [1, 2, 3]}}},
        "tune.space.epochs: cannot be searched, as max_epochs says how long trials train. Remove it.",
    ),
    *(
        (
            {"tune": {"space": space}},
            f"tune.space.{place}: cannot be searched, as trials would be compared on different",
        )
        for place, space in {
            "data.validation": {"data.validation": [0.1, 0.2]},
            "data.validation.folds": {"data.validation.folds": {"low": 2, "high": 5}},
            "data.fraction": {"data": [{"scale": "none"}, {"fraction": 0.5}]},
            "vary_only": {"vary_only": [None, ["init"]]},
        }.items()
    ),
    ({"seeds": [3, 1_000_000]}, "seeds: must be below 1000000, where those of trials begin, found 1000000."),
]


@pytest.mark.parametrize(("changes", "message"), MISTAKES, ids=[message[:60] for _, message in MISTAKES])
def test_one_mistake(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        study(**changes)
    assert message in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_so_few_epochs_that_a_recipe_does_not_fit() -> None:
    warm = study(baseline={"warmup_epochs": 1})
    assert trial_recipe(warm, {"model.depth": 2}, 2).epochs == 2
    letter = "tune: a trial of 1 epoch: warmup_epochs: must be less than epochs = 1, found 1"
    with pytest.raises(SpecError, match=f"^{re.escape(letter)}.* Give the search more epochs, or change the baseline"):
        trial_recipe(warm, {"model.depth": 2}, 1)


def test_values_that_do_not_go_together() -> None:
    optimizers = {"optimizer.kind": ["sgd", "adam"], "optimizer.lr": [0.1, 0.2]}
    made = study(tune={"space": optimizers})
    with pytest.raises(SpecError, match=r"optimizer\.beta1: is unknown here.* Change the space\.$"):
        trial_recipe(made, {"optimizer.kind": "sgd", "optimizer.beta1": 0.9}, 2)


def test_a_listed_value_may_need_another_beside_it() -> None:
    space = {"optimizer.kind": ["sgd", "rmsprop", "sgd"], "optimizer.momentum": [0.0, 0.5, 0.9]}
    assert study(tune={"space": space}).tune is not None  # Adam, the baseline's, has no momentum


def test_a_tuned_level_says_more_than_the_winner() -> None:
    levels = {"default": {}, "tuned": {"tuned": True, "epochs": 7, "model.depth": 5}}
    made = study(factors={"recipe": {"levels": levels}}, tune={"space": {**DEPTH, "model.width": [8, 16]}})
    recipe = made.with_tuned({"model.depth": 1, "model.width": 16}).recipes("recipe")["tuned"]
    assert (recipe.epochs, recipe.model.__dict__["depth"], recipe.model.__dict__["width"]) == (7, 5, 16)
