"""Points of a space: the same for the same study, within their ranges, a grid's all once."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from paribus.spec.tune import Tune
from paribus.tuning import make_sampler
from paribus.tuning.sampler import BATCH, importance

SPACE: dict[str, Any] = {
    "optimizer.lr": {"low": 1e-5, "high": 1e-1, "log": True},
    "model.dropout": {"low": 0.25, "high": 0.75},
    "model.depth": {"low": 2, "high": 4},
    "model.width": {"low": 8, "high": 512, "log": True},
    "model.sizes": [None, [32, 16], [64]],
    "schedule": [{"kind": "constant"}, {"kind": "cosine"}],
}


def tune(algorithm: str, space: dict[str, Any] = SPACE) -> Tune:
    return Tune.model_validate({"space": space, "algorithm": algorithm})


def loss_of(point: dict[str, Any]) -> float:
    return abs(np.log10(point["optimizer.lr"]) + 3) + point["model.dropout"]


def drawn(algorithm: str, batches: int, seen: bool = True) -> list[dict[str, Any]]:
    """Points drawn batch by batch, told what they are worth, or always the same."""
    sampler, points = make_sampler(tune(algorithm)), []
    for _ in range(batches):
        batch = sampler.draw(BATCH)
        sampler.tell(len(points), [loss_of(point) if seen else 1.0 for point in batch])
        points += batch
    return points


@pytest.mark.parametrize("algorithm", ["hyperband", "random", "tpe"])
def test_the_same_study_draws_the_same_points(algorithm: str) -> None:
    first = drawn(algorithm, 6)
    assert first == drawn(algorithm, 6)
    assert len({repr(point) for point in first}) == len(first)


def test_only_tpe_learns_from_scores() -> None:
    assert drawn("random", 6) == drawn("random", 6, seen=False)
    told, blind = drawn("tpe", 10), drawn("tpe", 10, seen=False)
    assert told[:BATCH] == blind[:BATCH]
    assert told != blind
    late, early = (np.mean([loss_of(point) for point in points]) for points in (told[-12:], told[:12]))
    assert late < early


def test_tpe_is_told_of_trials_that_diverged() -> None:
    sampler = make_sampler(tune("tpe"))
    sampler.draw(BATCH)
    sampler.tell(0, [np.nan] * BATCH)
    assert len(sampler.draw(BATCH)) == BATCH


@pytest.mark.parametrize("algorithm", ["random", "tpe"])
def test_points_lie_in_their_ranges(algorithm: str) -> None:
    points = drawn(algorithm, 25)
    for path, values in SPACE.items():
        found = [point[path] for point in points]
        if isinstance(values, list):
            assert {repr(value) for value in found} == set(map(repr, values))
            continue
        assert all(values["low"] <= value <= values["high"] for value in found)
        assert {type(value) for value in found} == {type(values["low"])}
    assert {point["model.depth"] for point in points} == {2, 3, 4}


def test_a_logarithmic_range_is_drawn_evenly_on_its_scale() -> None:
    powers = np.log10([point["optimizer.lr"] for point in make_sampler(tune("random")).draw(400)])
    counts = np.histogram(powers, bins=4, range=(-5, -1))[0]
    assert counts.min() > 400 / 4 - 4 * np.sqrt(400 * 3 / 16)  # four deviations of a binomial count


@pytest.mark.parametrize("depths", [[1, 2, 3], [1, 2]])
def test_a_grid_has_every_point_once(depths: list[int]) -> None:
    space = {"model.depth": depths, "model.sizes": [None, [32, 16]]}
    points = make_sampler(tune("grid", space)).draw(2 * len(depths))
    found = [(point["model.depth"], point["model.sizes"]) for point in points]
    assert sorted(found, key=repr) == sorted(product(*space.values()), key=repr)


def test_importance_finds_the_value_that_matters() -> None:
    space = tune("random").space
    points = make_sampler(tune("random")).draw(60)
    shares = importance(space, points, [point["model.dropout"] ** 2 for point in points])
    assert shares["model.dropout"] > 0.9
    assert sum(shares.values()) == pytest.approx(1)


def test_there_is_no_importance_of_too_few_points_or_of_scores_that_are_alike() -> None:
    space = tune("random").space
    points = make_sampler(tune("random")).draw(30)
    assert importance(space, points[:7], list(range(7))) == {}
    assert importance(space, points, [0.5] * 30) == {}
    assert importance(space, points, [np.nan] * 30) == {}
    assert importance(space, [], []) == {}
