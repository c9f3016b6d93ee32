"""Main effects and interactions: against closed forms, an independent fit, and what must not change a number."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy import stats

from paribus.comparison.factorial import cells_at, crossed_factors, interactions, mean_scores
from paribus.comparison.judging import contrasts_of
from paribus.comparison.verdicts import Contrast, compare_pairings
from paribus.store.records.study import Level
from tests.made_up import run_of, study_of

Sizes = dict[str, int]
TERMS: dict[str, Any] = {"metric": "test_accuracy", "margin": 0.01, "higher_is_better": True}


def levels_of(sizes: Sizes, references: dict[str, int] | None = None) -> tuple[Level, ...]:
    """Levels 0, 1, ... of each factor; the reference is 0 unless told."""
    cells = list(product(*(range(size) for size in sizes.values())))
    return tuple(
        Level(
            factor,
            str(label),
            tuple(str(cell) for cell in cells if cell[place] == label),
            is_reference=label == (references or {}).get(factor, 0),
        )
        for place, (factor, size) in enumerate(sizes.items())
        for label in range(size)
    )


def planted(sizes: Sizes, num_seeds: int, seed: int = 0) -> np.ndarray:
    """Scores of shape (seed, level of each factor) with effects of every order, a shift a seed, and noise."""
    rng = np.random.default_rng(seed)
    shape = tuple(sizes.values())
    scores = (
        0.8 + 0.02 * rng.normal(size=(num_seeds, *(1 for _ in shape))) + 0.005 * rng.normal(size=(num_seeds, *shape))
    )
    for axes in product([1, 0], repeat=len(shape)):
        scores = scores + 0.03 * rng.normal(size=[size if on else 1 for size, on in zip(shape, axes, strict=True)])
    return scores


def study(
    sizes: Sizes, scores: np.ndarray, *, missing: tuple[tuple[tuple[int, ...], int], ...] = (), metric: str = "accuracy"
) -> list[Contrast]:
    """The contrasts of a stored study with those scores."""
    levels = levels_of(sizes)
    runs, rows = [], {}
    for cell in np.ndindex(*sizes.values()):
        for number, score in enumerate(scores[(slice(None), *cell)]):
            key = f"{cell}{number}"
            runs.append({"key": key, "variant": str(cell), "seed": number})
            if (cell, number) not in missing:
                rows[key] = run_of(key, best_epoch=1, metrics={f"test_{metric}": score})
    record = {
        "spec": {"metric": metric, "margin": 0.01, "seeds": len(scores), "factors": dict.fromkeys(sizes)},
        "variants": dict.fromkeys(run["variant"] for run in runs),
        "runs": runs,
    }
    return contrasts_of(replace(study_of(record), levels=levels), rows)


def named(contrasts: list[Contrast]) -> dict[tuple[str, str], Contrast]:
    return {(contrast.factor, contrast.level): contrast for contrast in contrasts}


def fitted(sizes: Sizes, scores: np.ndarray) -> dict[tuple[str, str], float]:
    """The same effects from least squares in effect (sum-to-zero) coding, all orders, one fit for all seeds."""
    shape = tuple(sizes.values())
    codes = [np.vstack([np.eye(size - 1), -np.ones(size - 1)]) for size in shape]  # the last level is minus the others
    terms = list(product([0, 1], repeat=len(shape)))
    columns: list[np.ndarray] = []
    places: dict[tuple[int, ...], slice] = {}
    for term in terms:
        table = np.ones((1, 1))
        for code, on in zip(codes, term, strict=True):
            table = np.kron(table, code if on else np.ones((len(code), 1)))
        start = sum(column.shape[1] for column in columns)
        places[term] = slice(start, start + table.shape[1])
        columns.append(table)
    design = np.tile(np.hstack(columns), (len(scores), 1))
    solution = np.linalg.lstsq(design, scores.reshape(-1), rcond=None)[0]
    names, effects = list(sizes), {}
    for one in range(len(shape)):
        term = tuple(int(place == one) for place in range(len(shape)))
        value = codes[one] @ solution[places[term]]
        effects |= {(names[one], str(a)): value[a] - value[0] for a in range(1, shape[one])}
        for two in range(one + 1, len(shape)):
            term = tuple(int(place in (one, two)) for place in range(len(shape)))
            value = codes[one] @ solution[places[term]].reshape(shape[one] - 1, shape[two] - 1) @ codes[two].T
            for a, b in product(range(1, shape[one]), range(1, shape[two])):
                name = (f"{names[one]} × {names[two]}", f"{a} × {b}")
                effects[name] = value[a, b] - value[a, 0] - value[0, b] + value[0, 0]
    return effects


@pytest.mark.parametrize("sizes", [{"A": 2, "B": 2, "C": 2}, {"A": 2, "B": 3}, {"A": 3, "B": 2, "C": 4}])
def test_effects_agree_with_least_squares(sizes: Sizes) -> None:
    scores = planted(sizes, num_seeds=5)
    found = named(study(sizes, scores))
    expected = fitted(sizes, scores)
    assert found.keys() == expected.keys()
    assert {name: contrast.difference for name, contrast in found.items()} == pytest.approx(expected, rel=1e-9)


def test_effects_of_a_2_by_2_by_2_in_closed_form() -> None:
    """Montgomery, ch. 6: contrasts of the 2^3 table, one a seed; an interaction here is twice the halved one there."""
    sizes = {"A": 2, "B": 2, "C": 2}
    y = planted(sizes, num_seeds=7)
    found = named(study(sizes, y))
    main = (y[:, 1, 0, 0] + y[:, 1, 1, 0] + y[:, 1, 0, 1] + y[:, 1, 1, 1]
            - y[:, 0, 0, 0] - y[:, 0, 1, 0] - y[:, 0, 0, 1] - y[:, 0, 1, 1]) / 4  # fmt: skip
    both = (y[:, 0, 1, 1] - y[:, 0, 1, 0] - y[:, 0, 0, 1] + y[:, 0, 0, 0]
            + y[:, 1, 1, 1] - y[:, 1, 1, 0] - y[:, 1, 0, 1] + y[:, 1, 0, 0]) / 2  # fmt: skip
    for name, effect_S in ((("A", "1"), main), (("B × C", "1 × 1"), both)):
        contrast = found[name]
        t = stats.t.ppf(0.975, 6) * effect_S.std(ddof=1) / np.sqrt(7)
        assert contrast.n == 7
        assert contrast.difference == pytest.approx(effect_S.mean())
        assert (contrast.ci_low, contrast.ci_high) == pytest.approx((effect_S.mean() - t, effect_S.mean() + t))
    assert found["A", "1"].averaged_over == ("B", "C")
    assert found["B × C", "1 × 1"].averaged_over == ("A",)
    assert found["B × C", "1 × 1"].reference == "0 × 0"


def test_interactions_are_corrected_for_each_other_and_not_for_the_main_effects() -> None:
    sizes = {"A": 2, "B": 3}
    y = planted(sizes, num_seeds=6, seed=3)
    found = [contrast for contrast in study(sizes, y) if contrast.kind == "interaction"]
    effects_KS = np.stack([y[:, 1, b] - y[:, 1, 0] - y[:, 0, b] + y[:, 0, 0] for b in (1, 2)])
    p = np.array([stats.ttest_1samp(effect_S, 0).pvalue for effect_S in effects_KS])
    first = int(p.argmin())
    assert p[first] < 0.025  # so Holm judges the other at 95 %
    for number, level in ((first, 0.975), (1 - first, 0.95)):
        low, high = stats.ttest_1samp(effects_KS[number], 0).confidence_interval(level)
        assert (found[number].adjusted_low, found[number].adjusted_high) == pytest.approx((low, high))
    raw = np.array([contrast.p_value for contrast in found])
    order = raw.argsort()
    holm = np.minimum(1, np.maximum.accumulate(raw[order] * [2, 1]))
    np.testing.assert_allclose([found[place].p_adjusted for place in order], holm)


def test_cells_are_found_by_any_number_of_levels() -> None:
    alone = Level("D", "0", ("(0, 0, 0)",), is_reference=True), Level("D", "1", ("D=1",))
    levels = (*levels_of({"A": 2, "B": 3, "C": 2}), *alone)
    assert crossed_factors(levels) == ("A", "B", "C")
    assert cells_at(levels, {"A": "1", "B": "2"}) == ["(1, 2, 0)", "(1, 2, 1)"]
    assert cells_at(levels, {"D": "1"}) == ["D=1"]


def test_a_seed_that_lacks_a_cell_is_left_out_and_counted() -> None:
    sizes = {"A": 2, "B": 3}
    scores = planted(sizes, num_seeds=5)
    found = named(study(sizes, scores, missing=(((1, 2), 3),)))
    assert {name: contrast.n for name, contrast in found.items()} == {
        ("A", "1"): 4,  # A's mean needs every cell
        ("B", "1"): 5,  # neither B 1 nor B 0 has lost one
        ("B", "2"): 4,
        ("A × B", "1 × 1"): 5,
        ("A × B", "1 × 2"): 4,
    }
    kept = np.delete(scores, 3, axis=0)
    expected = (kept[:, 1, :].mean(axis=1) - kept[:, 0, :].mean(axis=1)).mean()
    assert found["A", "1"].difference == pytest.approx(expected)
    assert any(text.startswith("C02 1 of 5 pairs") for text in found["A", "1"].caveats)
    assert not any(text.startswith("C02") for text in found["B", "1"].caveats)


def test_mean_scores_are_per_seed() -> None:
    scores = {"a": [0.25, None, 0.5], "b": [0.75, 0.5, 1.0]}
    assert mean_scores(["a", "b"], scores) == [0.5, None, 0.75]
    assert mean_scores(["a"], scores) == [0.25, None, 0.5]


@pytest.mark.parametrize(("gain", "verdict"), [(0.05, "better"), (-0.05, "worse"), (0.0, "equivalent")])
@pytest.mark.parametrize("metric", ["accuracy", "loss"])
def test_the_verdict_says_whether_together_gains_more(gain: float, verdict: str, metric: str) -> None:
    sign = -1 if metric == "loss" else 1
    scores = np.full((6, 2, 2), 0.8) + np.array([[0.0, 0.02], [0.03, 0.05]])
    scores[:, 1, 1] += sign * gain
    scores += 0.001 * np.random.default_rng(0).normal(size=scores.shape)
    found = named(study({"A": 2, "B": 2}, scores, metric=metric))
    assert found["A × B", "1 × 1"].verdict == verdict
    assert found["A × B", "1 × 1"].difference == pytest.approx(sign * gain, abs=0.003)
    marked = [any(text.startswith("C10") for text in found[name, "1"].caveats) for name in "AB"]
    assert marked == [verdict != "equivalent"] * 2


def test_a_main_effect_names_the_factors_it_interacts_with() -> None:
    scores = np.full((6, 2, 2, 2), 0.5) + 0.0005 * np.random.default_rng(1).normal(size=(6, 2, 2, 2))
    scores[:, 1, 1, :] += 0.1
    scores[:, 1, :, 1] -= 0.1
    found = named(study({"A": 2, "B": 2, "C": 2}, scores))
    notes = {name: [text for text in found[name, "1"].caveats if text.startswith("C10")] for name in "ABC"}
    assert notes == {
        "A": ["C10 A interacts with B and C: the main effect is an average"],
        "B": ["C10 B interacts with A: the main effect is an average"],
        "C": ["C10 C interacts with A: the main effect is an average"],
    }


def test_rounding_makes_no_verdict() -> None:
    """Scores of 360 test items that add up exactly: what sums of doubles leave over is no evidence."""
    hits = np.array([[[200, 210], [230, 240]], [[203, 220], [199, 216]], [[100, 111], [107, 118]]])
    scores = {str(cell): (hits / 360)[(slice(None), *cell)] for cell in np.ndindex(2, 2)}
    (contrast,) = compare_pairings(interactions(levels_of({"A": 2, "B": 2}), scores), **TERMS)
    assert (contrast.difference, contrast.p_value, contrast.p_superior) == (0, 1, 0.5)
    assert contrast.verdict == "equivalent"


def test_without_a_crossing_there_is_no_interaction() -> None:
    levels = [
        Level(factor, label, (f"{factor}{label}",), is_reference=label == "0") for factor in "AB" for label in "01"
    ]
    assert interactions(levels, {name: [0.5] for name in ("A0", "A1", "B0", "B1")}) == []
