"""Factors: labels, references, `given`, and levels that are the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from paribus.errors import SpecError
from paribus.planning import quick_look
from paribus.spec import StudySpec
from paribus.spec.study import label

Make = Callable[..., StudySpec]
SGD = {
    "plain": {"optimizer": {"kind": "sgd", "lr": 0.1}},
    "momentum": {"optimizer": {"kind": "sgd", "momentum": 0.9}},
}

BALANCED = {"class_weights": "balanced"}
WEIGHTS = {"vary": "class_weights", "levels": [None, "balanced"]}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.3, "0.3"),
        (1e-5, "1e-05"),
        (2.0, "2"),
        (8, "8"),
        (1000000, "1000000"),
        (True, "true"),
        (None, "none"),
        ([100, 10], "100-10"),
        ((100,), "100"),
        ("relu", "relu"),
        ({"kind": "linear"}, "linear"),
        ({"kind": "sgd", "lr": 0.1, "nesterov": True}, "sgd, lr 0.1, nesterov true"),
        ({"width": 3}, "width 3"),
        ({}, "empty"),
        ([], "empty"),
        ({"augment": {}}, "augment empty"),
    ],
)
def test_labels(value: Any, text: str) -> None:
    assert label(value) == text


@pytest.mark.parametrize(
    ("factor", "reference"),
    [
        ({"vary": "model.depth", "levels": [1, 2, 3]}, "2"),  # the baseline's own
        ({"vary": "model.depth", "levels": [3, 1]}, "3"),  # the first, where the baseline is no level
        ({"vary": "model.depth", "levels": [1, 2, 3], "reference": 3}, "3"),
        ({"vary": "model.batch_norm", "levels": [True, False], "reference": True}, "true"),
        ({"vary": "model.sizes", "levels": [[9, 3], [4]], "reference": [4]}, "4"),
        ({"levels": {**SGD, "own": {"optimizer": {"kind": "adam"}}}}, "own"),
        ({"levels": SGD, "reference": "momentum"}, "momentum"),
        ({"levels": SGD}, "plain"),
        ({"vary": "model.depth", "levels": [1, 2], "given": {"model.width": 7}}, "2"),
        ({**WEIGHTS, "reference": None}, "none"),  # null where it is written, though the baseline is another level
        (WEIGHTS, "balanced"),
        ({"vary": "model.depth", "levels": [1, 2], "reference": None}, "2"),
    ],
)
def test_the_reference(factor: dict[str, Any], reference: str, make_study: Make) -> None:
    assert make_study(factors={"f": factor}, baseline=BALANCED).reference("f") == reference


@pytest.mark.parametrize(("given", "reference"), [({}, "balanced"), ({"reference": None}, "none")])
def test_a_reference_means_the_same_when_it_is_read_again(
    given: dict[str, Any], reference: str, make_study: Make
) -> None:
    study = make_study(factors={"f": {**WEIGHTS, **given}}, baseline=BALANCED)
    for values in (study.model_dump(mode="json"), study.model_dump(exclude_unset=True)):
        assert StudySpec.model_validate(values).reference("f") == reference
    assert StudySpec.model_validate(quick_look(study, [[600, 600]])).reference("f") == reference


def test_given_holds_for_all_levels(make_study: Make) -> None:
    given = {"model.width": 256, "optimizer": {"kind": "rmsprop", "lr": 0.2}}
    factors = {
        "depth": {"vary": "model.depth", "levels": [1, 2, 3], "given": given},
        "rule": {"levels": {"a": {"optimizer.lr": 0.3}, "b": {"optimizer": {"kind": "sgd"}}}, "given": given},
    }
    study = make_study(factors=factors)
    for recipe in study.recipes("depth").values():
        assert (recipe.model.width, recipe.optimizer.kind, recipe.optimizer.lr) == (256, "rmsprop", 0.2)
    a, b = study.recipes("rule").values()
    assert (a.model.width, a.optimizer.kind, a.optimizer.lr) == (256, "rmsprop", 0.3)
    assert (b.model.width, b.optimizer.kind, b.optimizer.lr) == (256, "sgd", 0.01)
    assert study.baseline.model.width == 128


@pytest.mark.parametrize(
    ("factor", "message"),
    [
        ({"vary": "model.depth", "levels": [2, 2]}, r"factors.f.levels: levels must differ, found \[2, 2\]"),
        ({"vary": "optimizer.lr", "levels": [1, 1.0]}, "factors.f.levels: levels must differ"),
        (
            {"levels": {"a": {"model.depth": 2}, "b": {"epochs": 10}}},
            "factors.f.levels.b: trains the same network as the level 'a'; levels must differ.",
        ),
        (
            {"levels": {"a": {"model.sizes": [128, 128]}, "b": {"model.depth": 2}}},
            "factors.f.levels.b: trains the same network as the level 'a'",
        ),
        (
            {"vary": "optimizer.nesterov", "levels": [False, True], "given": {"optimizer": {"kind": "sgd"}}},
            r"factors.f.levels\[1\]: trains the same network as the level 'false'",
        ),
        ({"vary": "model.depth", "levels": [2]}, "factors.f.levels: must have at least 2, found .* baseline"),
        ({"vary": "model.depth", "levels": {"a": {}, "b": {}}}, "factors.f.levels: must be a list of values of `vary`"),
        ({"levels": [1, 2]}, r"factors.f.levels: must be a mapping of names to changes \(or add `vary`\)"),
        ({"vary": "model.depth", "levels": [1, 2, 0]}, r"factors.f.levels\[2\]: model.depth: .* found 0"),
        ({"vary": "model.dept", "levels": [1, 2]}, r"levels\[0\]: model.dept: is unknown here. Did you mean 'depth'"),
        (
            {"vary": "model.depth", "levels": [1, 2], "reference": 4},
            "factors.f.reference: must be .* found '4'. .*1, 2",
        ),
        (
            {"vary": "model.depth", "levels": [1, 2], "given": {"epoch": 3}},
            "factors.f.given: epoch: is unknown here. Did you mean 'epochs'",
        ),
        (
            {"levels": {"a": {"keep": "best"}, "b": {"epochs": 3}}, "given": {"data.validation": 0}},
            "factors.f.levels.a: early_stopping and keep: best need validation rows",
        ),
    ],
)
def test_mistakes(factor: dict[str, Any], message: str, make_study: Make) -> None:
    with pytest.raises(SpecError, match=message):
        make_study(factors={"f": factor})


def test_a_given_that_a_levels_kind_drops_is_refused(make_study: Make) -> None:
    levels = {"plain": {}, "residual": {"model": {"kind": "residual_mlp"}}}
    with pytest.raises(SpecError, match=r"factors.f.given: model.width does not hold for the level 'residual'"):
        make_study(factors={"f": {"given": {"model.width": 16}, "levels": levels}})
    levels["residual"]["model.width"] = 16  # pyright: ignore[reportArgumentType]
    made = make_study(factors={"f": {"given": {"model.width": 16}, "levels": levels}})
    assert [recipe.model.width for recipe in made.recipes("f").values()] == [16, 16]


def test_an_empty_level_is_without_what_the_baseline_has(make_study: Make) -> None:
    factor = {"vary": "augment", "levels": [{}, {"shift": 0.1}]}
    made = make_study(baseline={"augment": {"flip": True, "rotation": 10}}, factors={"f": factor})
    empty, _ = made.recipes("f").values()
    assert empty.augment.model_dump() == {**empty.augment.model_dump(), "flip": False, "rotation": 0.0}


def test_what_a_tuned_level_says_itself_wins_however_it_is_written(make_study: Make) -> None:
    levels = {"a": {}, "b": {"tuned": True, "model": {"depth": 8}}}
    tune = {"space": {"model.depth": [1, 3], "model.width": [8, 16]}}
    found = make_study(factors={"f": {"levels": levels}}, tune=tune).with_tuned({"model.depth": 3, "model.width": 8})
    assert (found.recipes("f")["b"].model.depth, found.recipes("f")["b"].model.width) == (8, 8)


def test_a_margin_in_points_is_refused(make_study: Make) -> None:
    with pytest.raises(
        SpecError, match="margin: must be a share of at most 0.2, found 1; 0.01 is one point of accuracy"
    ):
        make_study(margin=1)
    assert make_study(margin=1, metric="loss").margin == 1
