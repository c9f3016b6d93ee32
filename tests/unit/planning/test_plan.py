"""From a study to runs: what is shared, what a key depends on, what is trained side by side."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from paribus.planning import Plan, plan, plan_study, run_key
from paribus.planning.plan import cohorts_of
from paribus.spec import StudySpec
from paribus.spec.parts import register_own

Make = Callable[..., StudySpec]
DEPTH = {"vary": "model.depth", "levels": [1, 2, 3]}
RATE = {"vary": "model.dropout", "levels": [0.0, 0.3]}
RULE = {"levels": {"sgd": {"optimizer": {"kind": "sgd"}}, "adam": {"optimizer": {"kind": "adam"}}}}


def keys(plan: Plan) -> set[str]:
    return {run.key for run in plan.runs}


def test_the_baseline_of_several_factors_is_one_run_a_seed(make_study: Make) -> None:
    made = plan_study(make_study(factors={"depth": DEPTH, "rate": RATE, "rule": RULE}, seeds=4), "f")
    assert list(made.variants) == ["depth=1", "baseline", "depth=3", "rate=0.3", "rule=sgd"]
    assert Counter(run.variant for run in made.runs) == dict.fromkeys(made.variants, 4)
    assert len(keys(made)) == len(made.runs) == 20
    assert [(level.factor, level.label) for level in made.levels if "baseline" in level.variants] == [
        ("depth", "2"), ("rate", "0"), ("rule", "adam"),
    ]  # fmt: skip
    assert all(level.is_reference == (level.variants == ("baseline",)) for level in made.levels)


def test_factors_may_share_other_variants_too(make_study: Make) -> None:
    wide = {"levels": {"small": {"model.width": 8}, "one": {"model.depth": 1}}}
    made = plan_study(make_study(factors={"depth": DEPTH, "wide": wide}), "f")
    assert list(made.variants) == ["depth=1", "baseline", "depth=3", "wide=small"]
    assert [level.variants for level in made.levels if level.label == "one"] == [("depth=1",)]


def test_a_baseline_that_is_no_level_is_not_trained(make_study: Make) -> None:
    made = plan_study(make_study(factors={"depth": {**DEPTH, "levels": [4, 5]}}), "f")
    assert list(made.variants) == ["depth=4", "depth=5"]


def test_a_study_without_factors_trains_its_baseline(make_study: Make) -> None:
    made = plan_study(make_study(seeds=[3, 1]), "f")
    assert [(run.variant, run.seed) for run in made.runs] == [("baseline", 3), ("baseline", 1)]


def test_the_key_is_the_hash_of_canonical_json(make_study: Make) -> None:
    recipe = make_study().recipe()
    values = {"recipe": recipe.model_dump(mode="json"), "seed": 5, "data": "f", "engine": plan.ENGINE}
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    assert run_key(recipe, 5, "f") == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        {"model.depth": 3},
        {"optimizer.lr": 0.0010001},
        {"optimizer.eps": 1e-7},
        {"data.scale": "none"},
        {"data.validation": 0.2},
        {"data.fraction": 0.5},
        {"epochs": 11},
        {"batch_size": 127},
        {"monitor": "accuracy"},
        {"keep": "best"},
        {"early_stopping": {"patience": 5}},
        {"model": {"kind": "linear"}},
    ],
)
def test_the_key_depends_on_all_of_the_recipe(change: dict[str, Any], make_study: Make) -> None:
    study = make_study()
    assert run_key(study.recipe(change), 0, "f") != run_key(study.recipe(), 0, "f")


def test_the_key_depends_on_seed_fingerprint_and_engine(make_study: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = make_study().recipe()
    found = [run_key(recipe, 0, "f"), run_key(recipe, 1, "f"), run_key(recipe, 0, "g")]
    monkeypatch.setattr(plan, "ENGINE", plan.ENGINE + 1)
    assert len({*found, run_key(recipe, 0, "f")}) == 4


def test_the_key_depends_on_nothing_else(make_study: Make) -> None:
    spelled = {"optimizer": {"lr": 0.001, "kind": "adam", "weight_decay": 0}, "model": {"width": 128, "kind": "mlp"}}
    other = {"name": "b", "question": "?", "metric": "loss", "margin": 0.1, "data": {"source": "x", "test": 0.5}}
    assert keys(plan_study(make_study(baseline=spelled, **other), "f")) == keys(plan_study(make_study(), "f"))


def test_keys_do_not_depend_on_the_order_of_factors_levels_options_or_seeds(make_study: Make) -> None:
    one = {"a": {"optimizer.kind": "sgd", "optimizer.lr": 0.2}, "b": {"model": {"kind": "mlp", "width": 9}}}
    two = {"b": {"model": {"width": 9, "kind": "mlp"}}, "a": {"optimizer.lr": 0.2, "optimizer.kind": "sgd"}}
    first = make_study(factors={"depth": DEPTH, "mix": {"levels": one}}, seeds=[1, 2])
    second = make_study(factors={"mix": {"levels": two}, "depth": {**DEPTH, "levels": [3, 1, 2]}}, seeds=[2, 1])
    assert keys(plan_study(first, "f")) == keys(plan_study(second, "f"))
    assert len(keys(plan_study(first, "f"))) == 2 * 5


@pytest.mark.parametrize("num", [1, 2, 7, 8, 9, 16, 17, 20, 41])
def test_cohorts_are_even_and_of_at_most_eight(num: int, make_study: Make) -> None:
    made = plan_study(make_study(seeds=num), "f")
    sizes = [len(cohort) for cohort in made.cohorts]
    assert [run for cohort in made.cohorts for run in cohort] == list(made.runs)
    assert len(sizes) == (num + 7) // 8
    assert max(sizes) <= 8
    assert max(sizes) - min(sizes) <= 1


def test_a_cohort_has_one_structure(make_study: Make) -> None:
    made = plan_study(make_study(factors={"depth": DEPTH, "rate": RATE, "rule": RULE}, seeds=3), "f")
    assert sorted({run.variant for run in cohort} for cohort in made.cohorts) == [
        {name} for name in ("depth=1", "baseline", "depth=3", "rate=0.3", "rule=sgd")
    ]


@pytest.mark.parametrize(
    "levels",
    [
        {"a": {"optimizer.lr": 0.1}, "b": {"optimizer.lr": 0.2}},
        {"a": {"optimizer.weight_decay": 0.1}, "b": {"optimizer.beta1": 0.2}},
        {"a": {"model.dropout": 0.1}, "b": {"model.dropout": 0.2}},
        {"a": {"keep": "best"}, "b": {"early_stopping": {"patience": 2}}},
        {"a": {"optimizer": {"kind": "sgd"}}, "b": {"optimizer": {"kind": "sgd", "momentum": 0.9, "nesterov": True}}},
    ],
)
def test_runs_that_differ_in_numbers_share_a_cohort(levels: dict[str, Any], make_study: Make) -> None:
    made = plan_study(make_study(factors={"f": {"levels": levels}}, seeds=4), "f")
    (cohort,) = made.cohorts
    assert Counter(run.variant for run in cohort) == {"f=a": 4, "f=b": 4}


@pytest.mark.parametrize(
    "change",
    [
        {"model.dropout": 0.1},
        {"model.depth": 3},
        {"model.activation": "tanh"},
        {"model.conventions": "keras"},
        {"optimizer.kind": "adamw"},
        {"batch_size": 64},
        {"data.validation": 0.2},
        {"data.scale": "unit"},
    ],
)
def test_runs_that_differ_in_structure_do_not(change: dict[str, Any], make_study: Make) -> None:
    made = plan_study(make_study(factors={"f": {"levels": {"a": {}, "b": change}}}, seeds=2), "f")
    assert [{run.variant for run in cohort} for cohort in made.cohorts] == [{"baseline"}, {"f=b"}]


def test_what_shares_a_cohort_does_not_depend_on_the_order_of_the_variants(make_study: Make) -> None:
    runs = plan_study(make_study(factors={"depth": DEPTH, "rate": RATE, "rule": RULE}, seeds=12), "f").runs
    mixed = sorted(runs, key=lambda run: (run.seed, run.variant))  # seed by seed instead of variant by variant
    assert {frozenset(c) for c in map(_of_keys, cohorts_of(runs))} == {
        frozenset(c) for c in map(_of_keys, cohorts_of(mixed))
    }


def _of_keys(cohort: Any) -> list[str]:
    return [run.key for run in cohort]


def test_every_fold_of_every_seed_is_a_run(make_study: Make) -> None:
    plan = plan_study(make_study(data={"source": "none", "validation": {"folds": 3}}, seeds=2), "f")
    assert [(run.seed, run.fold) for run in plan.runs] == [(seed, fold) for seed in (0, 1) for fold in range(3)]
    assert len({run.key for run in plan.runs}) == 6
    assert all(len({run.fold for run in cohort}) == 1 for cohort in plan.cohorts)  # folds may differ by a row
    only = plan_study(make_study(data={"source": "none", "validation": {"folds": 3, "fold": 1}}, seeds=2), "f")
    assert {run.key for run in only.runs} < {run.key for run in plan.runs}


def test_a_run_that_two_variants_share_is_trained_once(make_study: Make) -> None:
    folds = {"vary": "data.validation", "levels": [{"folds": 3}, {"folds": 3, "fold": 1}]}
    made = plan_study(make_study(factors={"folds": folds}, seeds=2), "f")
    assert len(made.runs) == 2 * 3 + 2
    trained = [run.key for cohort in made.cohorts for run in cohort]
    assert sorted(trained) == sorted(made.keys)


def dropping(shape: tuple[int, ...], outputs: int, *, dropout: float | None = None) -> None: ...


def test_an_option_of_an_own_model_may_be_called_dropout_and_be_no_number(make_study: Make) -> None:
    kind = register_own("model", dropping).kind
    levels = {"none": {"model.dropout": None}, "half": {"model.dropout": 0.5}, "more": {"model.dropout": 0.6}}
    made = plan_study(make_study(baseline={"model": {"kind": kind}}, factors={"f": {"levels": levels}}), "f")
    assert len(made.cohorts) == 3
