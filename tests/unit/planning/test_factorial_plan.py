"""Crossed factors in the plan: counts, names, order, what is shared, and cells that face each other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from paribus.planning import num_asked, plan_study
from paribus.spec import StudySpec

Make = Callable[..., StudySpec]
DEPTH = {"vary": "model.depth", "levels": [1, 2, 3]}
DROPOUT = {"vary": "model.dropout", "levels": [0.0, 0.3]}
NORM = {"vary": "model.batch_norm", "levels": [False, True]}
RULE = {"levels": {"sgd": {"optimizer": {"kind": "sgd"}}, "adam": {"optimizer": {"kind": "adam"}}}}


def test_all_combinations_are_trained_with_every_seed(make_study: Make) -> None:
    made = plan_study(make_study(factors={"dropout": DROPOUT, "norm": NORM}, design="factorial", seeds=3), "f")
    assert list(made.variants) == [
        "baseline", "dropout=0, norm=true", "dropout=0.3, norm=false", "dropout=0.3, norm=true",
    ]  # fmt: skip
    assert [(run.variant, run.seed) for run in made.runs] == list(product(made.variants, range(3)))
    assert len({run.key for run in made.runs}) == 12
    recipe = made.variants["dropout=0.3, norm=true"]
    assert (recipe.model.dropout, recipe.model.batch_norm) == (0.3, True)


def test_a_baseline_that_is_no_cell_is_not_trained(make_study: Make) -> None:
    factors = {"depth": {**DEPTH, "levels": [4, 5]}, "norm": NORM}
    made = plan_study(make_study(factors=factors, design="factorial"), "f")
    assert list(made.variants) == [f"depth={depth}, norm={norm}" for depth in "45" for norm in ("false", "true")]


def test_variants_at_one_place_differ_in_one_factor_only(make_study: Make) -> None:
    factors = {"depth": DEPTH, "dropout": DROPOUT, "norm": NORM}
    made = plan_study(make_study(factors=factors, design="factorial"), "f")
    fields = {"depth": "depth", "dropout": "dropout", "norm": "batch_norm"}
    assert len(made.variants) == 12
    for factor, field in fields.items():
        own = [level for level in made.levels if level.factor == factor]
        assert {len(level.variants) for level in own} == {12 // len(own)}
        for cells in zip(*(level.variants for level in own), strict=True):
            models = [made.variants[name].model.model_dump() for name in cells]
            assert len({model.pop(field) for model in models}) == len(own)
            assert all(model == models[0] for model in models)
    assert [(level.factor, level.label) for level in made.levels if level.is_reference] == [
        ("depth", "2"), ("dropout", "0"), ("norm", "false"),
    ]  # fmt: skip


def test_factors_that_are_not_named_stay_one_at_a_time_and_share_what_is_equal(make_study: Make) -> None:
    also: dict[str, Any] = {"levels": {"shallow": {"model.depth": 1}, "own": {}}}
    factors = {"depth": DEPTH, "rule": RULE, "norm": NORM, "also": also}
    made = plan_study(make_study(factors=factors, design={"factorial": ["norm", "depth"]}, seeds=2), "f")
    assert list(made.variants) == [
        "depth=1, norm=false", "depth=1, norm=true", "baseline", "depth=2, norm=true", "depth=3, norm=false",
        "depth=3, norm=true", "rule=sgd",
    ]  # fmt: skip
    held = {(level.factor, level.label): level.variants for level in made.levels}
    assert held["also", "shallow"] == ("depth=1, norm=false",)
    assert held["also", "own"] == held["rule", "adam"] == ("baseline",)
    assert held["norm", "true"] == ("depth=1, norm=true", "depth=2, norm=true", "depth=3, norm=true")
    # 6 cells, 2 rules and 2 others were asked for, with 2 seeds each; 7 variants are trained
    assert num_asked((level.variants for level in made.levels), (run.variant for run in made.runs)) == 20
    assert len(made.runs) == 14


@pytest.mark.parametrize("design", ["one-at-a-time", "factorial"])
def test_what_both_designs_train_has_the_same_key(design: Any, make_study: Make) -> None:
    factors = {"depth": DEPTH, "norm": NORM}
    made = plan_study(make_study(factors=factors, design=design, seeds=1), "f")
    alone = {run.key for run in plan_study(make_study(factors=factors, seeds=1), "f").runs}
    assert len(alone & {run.key for run in made.runs}) == 4
