"""What a frozen plan says, its hash, and what of a study differs from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from paribus.freezing import changes, content_hash, document
from paribus.spec import StudySpec

Make = Callable[..., StudySpec]
FACTORS: dict[str, Any] = {
    "depth": {"vary": "model.depth", "levels": [1, 2, 3], "reference": 2},
    "dropout": {"vary": "model.dropout", "levels": [0.0, 0.5]},
}
STUDY: dict[str, Any] = {
    "question": "Does it help?",
    "baseline": {"model": {"kind": "mlp", "depth": 2}},
    "seeds": 2,
    "factors": FACTORS,
}


@pytest.fixture
def frozen(make_study: Make) -> dict[str, Any]:
    return document(make_study(**STUDY), ["f"], 0)


def test_the_document_says_what_will_be_tested(frozen: dict[str, Any]) -> None:
    assert {key: frozen[key] for key in ("name", "question", "metric", "margin", "alpha", "seeds", "search")} == {
        "name": "a",
        "question": "Does it help?",
        "metric": "test accuracy",
        "margin": 0.005,
        "alpha": 0.05,
        "seeds": [0, 1],
        "search": None,
    }
    (part,) = frozen["data"]
    assert part["hypotheses"] == {
        "levels of depth": [
            "depth 1 differs from depth 2 in test accuracy",
            "depth 3 differs from depth 2 in test accuracy",
        ],
        "levels of dropout": ["dropout 0.5 differs from dropout 0 in test accuracy"],
    }
    assert (part["source"], part["fingerprint"], part["runs"]) == ("none", "f", 4 * 2)
    assert {name: recipe["model"]["depth"] for name, recipe in part["recipes"].items()} == {
        "depth=1": 1,
        "baseline": 2,
        "depth=3": 3,
        "dropout=0.5": 2,
    }


def test_the_tests_are_those_of_the_rule_and_of_the_looks(make_study: Make) -> None:
    plain, wins, ladder = (
        document(make_study(**{**STUDY, **more}), ["f"], 0)["tests"]
        for more in ({}, {"rule": "wins"}, {"seeds": {"start": 4, "max": 12}})
    )
    assert plain["decides"].endswith("at the level of Holm's step-down within the family")
    assert ladder == {**plain, "decides": plain["decides"] + ", by Pocock for looks at 4, 8, 12 seeds"}
    assert wins["decides"].startswith("share of seeds won")
    assert wins["decides"].endswith("from 6 seeds on; not corrected for the family")


def test_runs_that_two_variants_share_count_once(make_study: Make) -> None:
    folds = {"vary": "data.validation", "levels": [{"folds": 3}, {"folds": 3, "fold": 0}]}
    (part,) = document(make_study(**{**STUDY, "factors": {"validation": folds}}), ["f"], 0)["data"]
    assert part["runs"] == 3 * 2


def test_interactions_are_a_family_of_their_own(make_study: Make) -> None:
    (part,) = document(make_study(**STUDY, design="factorial"), ["f"], 0)["data"]
    assert part["runs"] == 3 * 2 * 2
    assert part["hypotheses"]["levels of dropout"] == [
        "dropout 0.5 differs from dropout 0 in test accuracy, on average over depth"
    ]
    assert part["hypotheses"]["interactions of the study"] == [
        f"depth {depth} and dropout 0.5 together differ in test accuracy from the sum of their single effects, "
        "against depth 2 and dropout 0"
        for depth in (1, 3)
    ]


def test_the_hash_is_that_of_the_content_alone(frozen: dict[str, Any]) -> None:
    text = json.dumps(frozen, sort_keys=True, separators=(",", ":"))
    expected = hashlib.sha256(text.encode()).hexdigest()
    turned = {key: frozen[key] for key in reversed(frozen)}
    assert content_hash(frozen) == content_hash(turned) == expected
    assert content_hash({**frozen, "time": "now", "hash": "0"}) == expected
    assert content_hash({**frozen, "already_stored": 1}) != expected


CHANGED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({}, []),
    "question": ({"question": "Does it hurt?"}, ["question"]),
    "metric": ({"metric": "loss"}, ["metric"]),
    "margin": ({"margin": 0.01}, ["margin"]),
    "seeds": ({"seeds": 3}, ["seeds"]),
    "epochs": ({"baseline": {"model": {"kind": "mlp", "depth": 2}, "epochs": 7}}, ["recipes"]),
    "preparation": ({"data": {"source": "none", "scale": "unit"}}, ["recipes"]),
    "a level more": ({"factors": {**FACTORS, "depth": {"vary": "model.depth", "levels": [1, 2, 3, 4]}}}, ["factors"]),
    "reference": ({"factors": {**FACTORS, "depth": {**FACTORS["depth"], "reference": 3}}}, ["factors"]),
    "design": ({"design": "factorial"}, ["design", "recipes"]),
    "two at once": ({"seeds": 3, "margin": 0.01}, ["margin", "seeds"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGED)
def test_each_kind_of_change_is_named(make_study: Make, frozen: dict[str, Any], case: str) -> None:
    change, expected = CHANGED[case]
    assert changes(frozen, document(make_study(**{**STUDY, **change}), ["f"], 5)) == expected


def test_other_data_another_engine_and_other_tests_are_named(make_study: Make, frozen: dict[str, Any]) -> None:
    assert changes(frozen, document(make_study(**STUDY), ["g"], 0)) == ["data"]
    assert changes({**frozen, "engine": 0, "tests": {}}, frozen) == ["tests", "engine"]


def test_a_level_that_becomes_something_else_is_named(make_study: Make) -> None:
    def with_rate(rate: float) -> dict[str, Any]:
        levels = {"default": {}, "own": {"optimizer.lr": rate}}
        return document(make_study(factors={"rate": {"levels": levels}}), ["f"], 0)

    assert changes(with_rate(0.1), with_rate(0.2)) == ["recipes"]


def test_several_data_sets_are_parts_of_one_document(make_study: Make) -> None:
    both = document(make_study(**{**STUDY, "data": ["one", "two"]}), ["f", "g"], 0)
    assert [(part["study"], part["fingerprint"]) for part in both["data"]] == [("a.one", "f"), ("a.two", "g")]
    assert changes(both, document(make_study(**{**STUDY, "data": ["one", "two"]}), ["f", "h"], 0)) == ["data"]
    assert changes(both, document(make_study(**{**STUDY, "data": ["one"]}), ["f"], 0)) == ["data"]


def test_what_a_search_finds_is_left_open(make_study: Make) -> None:
    tune: dict[str, Any] = {"space": {"model.depth": [2, 3], "optimizer.lr": {"low": 1e-4, "high": 1e-2}}}
    factors = {"recipe": {"levels": {"default": {}, "tuned": {"tuned": True}}}}
    found = document(make_study(**{**STUDY, "factors": factors, "tune": tune}), ["f"], 0)
    (part,) = found["data"]
    assert part["hypotheses"] == {"levels of recipe": ["recipe tuned differs from recipe default in test accuracy"]}
    tuned, baseline = part["recipes"]["recipe=tuned"], part["recipes"]["baseline"]
    assert (tuned["model"]["depth"], tuned["optimizer"]["lr"]) == ("tuned", "tuned")
    assert baseline["model"]["depth"] == 2
    assert tuned["epochs"] == baseline["epochs"]
    wider = {**tune, "max_epochs": 9}
    now = document(make_study(**{**STUDY, "factors": factors, "tune": wider}), ["f"], 0)
    assert changes(found, now) == ["search"]


def test_the_code_of_an_own_model_belongs_to_its_recipe(make_study: Make, tmp_path: Any, monkeypatch: Any) -> None:
    from paribus.user_code import Origin, code_in

    def written(text: str) -> dict[str, Any]:
        (tmp_path / "own_frozen.py").write_text(f"def make(shape, outputs):\n    {text}\n")
        with code_in(Origin(tmp_path, "a.yaml", trusted=True)):
            return document(make_study(baseline={"model": {"kind": "own_frozen:make"}}), ["f"], 0)

    one, other = written("return 1"), written("return None")
    assert one["data"][0]["recipes"]["baseline"]["code"]
    assert changes(one, other) == ["recipes"]
