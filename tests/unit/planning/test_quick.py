"""A quick look: small, valid, and as varied as the study."""

from __future__ import annotations

from typing import Any

import pytest

from paribus.planning import quick_look
from paribus.spec import StudySpec

FASHION = [6000] * 10


def quick(study: StudySpec, counts: list[int] = FASHION) -> StudySpec:
    return StudySpec.model_validate(quick_look(study, [counts]))


@pytest.mark.parametrize(
    ("fraction", "counts", "rows"),
    [
        (1.0, FASHION, 2000),
        (0.5, FASHION, 2000),
        (0.01, FASHION, 600),  # never more than asked
        (1.0, [50] * 3, 150),  # nor than there are
        (1.0, [90_000, 1_000, 0], 2000),
        (1.0, [90_000, 100], 9010),  # the rare class keeps 10 rows
        (1.0, [1000] * 500, 5000),
    ],
)
def test_rows(make_study: Any, fraction: float, counts: list[int], rows: int) -> None:
    found = quick(make_study(data={"source": "none", "fraction": fraction}), counts)
    assert found.data.fraction * sum(counts) == pytest.approx(rows, rel=0.005)


def test_fractions_as_levels_stay_apart(make_study: Any) -> None:
    levels = [0.01, 0.1, 1.0]
    study = make_study(factors={"size": {"vary": "data.fraction", "levels": levels, "reference": 0.1}})
    found = quick(study)
    # the least of a class is 10 rows, which is 0.01 of what the largest level has
    assert found.factors["size"].levels == pytest.approx([10 / 6000, 100 / 6000, 1000 / 6000], rel=0.005)
    assert found.reference("size") == list(found.factors["size"].changes())[1]
    assert found.recipe().data.fraction == found.factors["size"].levels[2]


def test_epochs_seeds_and_warm_up(make_study: Any) -> None:
    study = make_study(
        baseline={"epochs": 30, "warmup_epochs": 5},
        seeds=[7, 3, 9],
        factors={
            "recipe": {
                "levels": {
                    "a": {},
                    "b": {"epochs": 50, "model": {"width": 8}},
                    "c": {"epochs": 1, "warmup_epochs": 0.5},
                }
            },
            "norm": {"given": {"epochs": 10}, "vary": "model.batch_norm", "levels": [False, True]},
        },
    )
    found = quick(study)
    assert (found.name, found.quick_look, found.seeds) == ("a-quick", True, (7, 3))
    assert (found.baseline.epochs, found.baseline.warmup_epochs) == (2, 1)
    assert {name: (r.epochs, r.warmup_epochs) for name, r in found.recipes("recipe").items()} == {
        "a": (2, 1),
        "b": (2, 1),
        "c": (1, 0.5),
    }
    assert found.recipes("norm")["true"].epochs == 2
    assert (study.quick_look, study.baseline.epochs, study.factors["norm"].given) == (False, 30, {"epochs": 10})


def test_levels_that_become_alike_are_left_out(make_study: Any) -> None:
    study = make_study(
        baseline={"epochs": 5},
        factors={
            "epochs": {"vary": "epochs", "levels": [5, 20]},
            "warm-up": {"vary": "warmup_epochs", "levels": [0.0, 2.0, 3.0], "reference": 3.0},
            "way": {"levels": {"short": {}, "long": {"epochs": 9}, "wide": {"model.width": 7}}, "reference": "long"},
            "norm": {"vary": "model.batch_norm", "levels": [False, True]},
        },
        design={"factorial": ["epochs", "warm-up", "norm"]},
    )
    found = quick(study)
    assert {name: list(factor.changes()) for name, factor in found.factors.items()} == {
        "warm-up": ["0", "1"],
        "way": ["long", "wide"],
        "norm": ["false", "true"],
    }
    assert (found.reference("warm-up"), found.reference("way")) == ("1", "long")
    assert found.design == {"factorial": ["warm-up", "norm"]}


def test_nothing_left_to_cross(make_study: Any) -> None:
    factors = {
        "epochs": {"vary": "epochs", "levels": [5, 20]},
        "norm": {"vary": "model.batch_norm", "levels": [False, True]},
    }
    found = quick(make_study(factors=factors, design="factorial"))
    assert list(found.factors) == ["norm"]
    assert found.design == "one-at-a-time"


def test_options_of_parts_are_not_cut(make_study: Any) -> None:
    change = {"schedule": {"kind": "one_cycle"}, "early_stopping": {"patience": 9}, "batch_size": 999}
    found = quick(make_study(factors={"way": {"levels": {"a": {}, "b": change}}}))
    assert found.factors["way"].changes()["b"] == change


@pytest.mark.parametrize("values", [{"low": 1, "high": 4}, [0, 1.5, 4]])
def test_warm_ups_of_a_search_shrink_with_its_epochs(make_study: Any, values: Any) -> None:
    study = make_study(
        factors={"recipe": {"levels": {"own": {}, "found": {"tuned": True}}}},
        tune={"space": {"warmup_epochs": values, "batch_size": [16, 32]}, "max_epochs": 5},
    )
    found = quick(study)
    assert found.tune and study.tune
    assert found.tune.max_epochs == 2
    for small, large in zip(found.tune.corners(), study.tune.corners(), strict=True):
        assert small == {**large, "warmup_epochs": pytest.approx(large["warmup_epochs"] * 2 / 5)}
