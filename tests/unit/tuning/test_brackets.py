"""Schedules against the papers' tables, and who goes on."""

from __future__ import annotations

import numpy as np
import pytest

from paribus.spec.tune import Tune
from paribus.tuning import Rung, brackets_of, survivors
from paribus.tuning.brackets import hyperband, successive_halving

LI_2018_TABLE_1 = [
    [(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
    [(27, 3), (9, 9), (3, 27), (1, 81)],
    [(9, 9), (3, 27), (1, 81)],
    [(6, 27), (2, 81)],
    [(5, 81)],
]
CHOICES = {"model.depth": [1, 2, 3], "model.width": [8, 16]}


def numbers(rungs: list[Rung]) -> list[tuple[int, int]]:
    return [(rung.trials, rung.epochs) for rung in rungs]


def test_hyperband_is_table_1_of_li_et_al() -> None:
    assert [numbers(rungs) for rungs in hyperband(81, 3)] == LI_2018_TABLE_1


@pytest.mark.parametrize("max_epochs", [1, 2, 5, 10, 80, 100])
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_every_bracket_ends_at_the_last_epoch_and_none_starts_below_one(max_epochs: int, factor: int) -> None:
    for rungs in hyperband(max_epochs, factor):
        assert rungs[-1].epochs == max_epochs
        epochs = [rung.epochs for rung in rungs]
        assert epochs == sorted(set(epochs))
        assert epochs[0] >= 1
        assert all(high.trials == low.trials // factor for low, high in zip(rungs, rungs[1:], strict=False))


def test_successive_halving_ends_with_one_of_a_power() -> None:
    assert numbers(successive_halving(27, 27)) == [(27, 1), (9, 3), (3, 9), (1, 27)]
    assert numbers(successive_halving(16, 8, factor=2)) == [(16, 1), (8, 2), (4, 4), (2, 8)]
    assert numbers(successive_halving(4, 9)) == [(4, 3), (1, 9)]  # too few for a third rung
    assert numbers(successive_halving(1, 5)) == [(1, 5)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"algorithm": "hyperband", "max_epochs": 3, "iterations": 2}, [[(3, 1), (1, 3)], [(2, 3)]] * 2),
        ({"algorithm": "successive_halving", "max_epochs": 3, "trials": 6}, [[(6, 1), (2, 3)]]),
        ({"algorithm": "random", "max_epochs": 7, "trials": 6}, [[(6, 7)]]),
        ({"algorithm": "tpe", "max_epochs": 7, "trials": 6}, [[(6, 7)]]),
        ({"algorithm": "grid", "max_epochs": 7, "trials": 99}, [[(3 * 2, 7)]]),
    ],
)
def test_each_algorithm_has_its_schedule(values: dict, expected: list) -> None:
    tune = Tune.model_validate({"space": CHOICES, **values})
    assert [numbers(rungs) for rungs in brackets_of(tune)] == expected


@pytest.mark.parametrize(
    ("losses", "keep", "expected"),
    [
        ([0.3, 0.1, 0.2], 2, [1, 2]),
        ([0.1, 0.2, 0.1, 0.1], 2, [0, 2]),  # of equal ones the earlier
        ([np.nan, 0.2, np.nan, 0.1], 3, [3, 1, 0]),
        ([np.nan, np.inf, -1.0], 1, [2]),
        ([np.nan, np.nan], 1, [0]),
        ([0.1], 3, [0]),
    ],
)
def test_survivors_have_the_lowest_losses(losses: list[float], keep: int, expected: list[int]) -> None:
    assert survivors(np.array(losses), keep).tolist() == expected
