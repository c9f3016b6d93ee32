"""Two stored studies, from made-up rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from paribus.comparison.diff import Change, Side, compare_studies
from paribus.comparison.words import sentence
from paribus.errors import SpecError
from tests.made_up import run_of, study_of

RECIPE = {"model": {"kind": "mlp", "width": 8}, "epochs": 10, "data": {"validation": 0.1}}
A = {"baseline": {0: 0.80, 1: 0.82, 2: 0.79, 3: 0.81}, "deep": {0: 0.7, 1: 0.71, 2: 0.69, 3: 0.7}}
B = {"baseline": {3: 0.85, 2: 0.86, 1: 0.84, 7: 0.99}, "wide": {3: 0.9, 2: 0.9, 1: 0.9, 7: 0.9}}


def side(
    name: str, scores: dict[str, dict[int, float | None]], metric: str = "accuracy", spec: Any = (), **environment: Any
) -> Side:
    """Scores by variant and seed; the runs of the record stand in another order than the seeds."""
    runs = [{"key": f"{v}{s}", "variant": v, "seed": s} for v, seeds in scores.items() for s in reversed(seeds)]
    rows = {
        f"{v}{s}": run_of(f"{v}{s}", recipe=RECIPE, metrics={f"test_{metric}": score})
        for v, seeds in scores.items()
        for s, score in seeds.items()
        if score is not None
    }
    record = {
        "spec": {"metric": metric, "margin": 0.01, "seeds": list(next(iter(scores.values()))), **dict(spec)},
        "dataset": {"name": "x", "fingerprint": "f", "overlap": 0, **environment.pop("dataset", {})},
        "variants": {name: {"recipe": RECIPE, "parameters": 1} for name in scores},
        "runs": runs,
    }
    return Side(name, study_of(record), rows, {"torch": "2.0", "cores": 2, **environment})


def test_seeds_are_paired_by_number_and_the_interval_is_that_of_scipy() -> None:
    found = compare_studies(side("old", A), side("new", B))
    (contrast,) = found.contrasts
    pairs = np.array([[B["baseline"][seed], A["baseline"][seed]] for seed in (1, 2, 3)])
    test = stats.ttest_rel(pairs[:, 0], pairs[:, 1])
    interval = test.confidence_interval()
    assert sorted(found.seeds) == [1, 2, 3]
    assert (contrast.kind, contrast.factor, contrast.level, contrast.reference) == ("study", "baseline", "new", "old")
    assert contrast.n == 3
    assert contrast.difference == pytest.approx((0.02 + 0.07 + 0.04) / 3)
    assert (contrast.ci_low, contrast.ci_high) == pytest.approx((interval.low, interval.high))
    assert contrast.p_value == 2 / 2**3  # all signs alike
    assert (found.only_a, found.only_b) == (("deep",), ("wide",))
    assert (found.recipes, found.surroundings) == ((), ())


def test_a_variant_of_a_ladder_that_was_decided_early_is_paired_by_the_seeds_it_has() -> None:
    late = {"baseline": {s: 0.8 + s / 100 for s in range(4)}, "deep": {0: 0.7, 1: 0.72}}
    found = compare_studies(side("old", late), side("new", {**late, "deep": dict.fromkeys(range(4), 0.9)}))
    assert [contrast.n for contrast in found.contrasts] == [4, 2]
    assert not [text for text in found.contrasts[1].caveats if text.startswith("C02")]


def test_a_quick_look_on_one_side_is_told() -> None:
    found = compare_studies(side("old", A), side("new", B, spec={"quick_look": True}))
    assert [text[:3] for text in found.contrasts[0].caveats if text.startswith("C14")] == ["C14"]


def test_verdicts_are_corrected_over_the_variants_and_within_the_margin_of_a() -> None:
    rng = np.random.default_rng(0)
    a = {name: {s: float(0.8 + 0.01 * rng.normal()) for s in range(9)} for name in "xyz"}
    b = {name: {s: a[name][s] + 0.05 + 0.01 * float(rng.normal()) for s in range(9)} for name in "xyz"}
    found = compare_studies(side("a", a, spec={"margin": 0.2}.items()), side("b", b))
    assert [contrast.p_value for contrast in found.contrasts] == [2 / 2**9] * 3
    assert [contrast.p_adjusted for contrast in found.contrasts] == pytest.approx([3 * 2 / 2**9] * 3)
    assert {contrast.margin for contrast in found.contrasts} == {0.2}
    assert {contrast.verdict for contrast in found.contrasts} == {"better"}


def test_a_lower_loss_is_better() -> None:
    a, b = ({"baseline": {s: x + 0.01 * s for s in range(6)}} for x in (0.9, 0.5))
    b["baseline"][0] += 0.001
    found = compare_studies(side("a", a, "loss"), side("b", b, "loss"))
    assert found.contrasts[0].verdict == "better"
    assert found.contrasts[0].difference < 0
    assert sentence(found.contrasts[0]).startswith("baseline of b is better than baseline of a: test loss ")


def test_a_run_without_a_score_takes_its_pair_along() -> None:
    found = compare_studies(side("a", A), side("b", {**B, "baseline": {**B["baseline"], 2: None}}))
    assert found.contrasts[0].n == 2
    assert "C02" in {text.split()[0] for text in found.contrasts[0].caveats}


def test_recipes_that_differ_are_told_once_with_their_variants() -> None:
    a, b = side("a", {"x": {0: 0.5}, "y": {0: 0.5}}), side("b", {"x": {0: 0.6}, "y": {0: 0.6}})
    longer = {**RECIPE, "epochs": 20}
    recipes = {"x": {**longer, "model": {"kind": "linear"}}, "y": longer}
    b.record.variants.update({name: replace(b.variants[name], recipe=recipe) for name, recipe in recipes.items()})
    assert set(compare_studies(a, b).recipes) == {
        Change("epochs", 10, 20, ("x", "y")),
        Change("model.kind", "mlp", "linear", ("x",)),
        Change("model.width", 8, None, ("x",)),
    }


def test_of_listed_layers_the_options_that_differ_are_told() -> None:
    a, b = side("a", {"x": {0: 0.5}}), side("b", {"x": {0: 0.6}})
    for one, units, last in ((a, 8, []), (b, 9, [{"relu": {}}])):
        layers = [{"dense": {"units": units, "l2": 0.1}}, {"flatten": {}}, *last]
        recipe = {**RECIPE, "model": {"kind": "sequential", "layers": layers}}
        one.record.variants["x"] = replace(one.variants["x"], recipe=recipe)
    assert list(compare_studies(a, b).recipes) == [
        Change("model.layers.0.dense.units", 8, 9, ("x",)),
        Change("model.layers.2.relu", None, {}, ("x",)),
    ]


@pytest.mark.parametrize(
    ("other", "path", "values"),
    [
        ({"torch": "2.1"}, "torch", ("2.0", "2.1")),
        ({"dataset": {"fingerprint": "g"}}, "data.fingerprint", ("f", "g")),
        ({"engine": 3}, "engine", (None, 3)),
    ],
)
def test_other_data_and_versions_are_told_and_doubted(other: dict[str, Any], path: str, values: Any) -> None:
    found = compare_studies(side("old", A), side("new", B, **other))
    assert found.surroundings == (Change(path, *values),)
    assert f"C15 the two studies do not share {path}" in found.contrasts[0].caveats


def test_another_number_of_cores_is_no_doubt() -> None:
    found = compare_studies(side("old", A), side("new", B, cores=64))
    assert found.surroundings == ()
    assert not [text for text in found.contrasts[0].caveats if text.startswith("C15")]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (side("b", B, "loss"), "a is about accuracy, b about loss; only studies of one metric"),
        (side("b", {"wide": {0: 0.5}}), "no variant in common: a has baseline, deep; b has wide."),
        (side("b", {"baseline": {8: 0.5}}), "no seed in common: a has 0, 1, 2, 3; b has 8."),
    ],
)
def test_studies_that_cannot_be_compared(other: Side, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        compare_studies(side("a", A), other)
