"""When a run ends and which epoch is its best, on sequences made by hand."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import pytest

from paribus.spec import StudySpec
from paribus.training.stopping import Watch

Make = Callable[..., StudySpec]


def watched(study: StudySpec, losses: list[float], accuracies: list[float] | None = None) -> tuple[Watch, list[int]]:
    """A watch that has seen epochs until the run was done, and the epochs that it called the best so far."""
    watch, best = Watch(study.recipe()), []
    for loss, accuracy in zip(losses, accuracies or [0.5] * len(losses), strict=True):
        if watch.see(epoch(1.0, loss, accuracy)):
            best.append(watch.epochs)
        if watch.done:
            break
    return watch, best


def epoch(train_loss: float, val_loss: float, val_accuracy: float) -> dict[str, float]:
    return {"train_loss": train_loss, "val_loss": val_loss, "val_accuracy": val_accuracy, "val_f1_macro": 1 - val_loss}


def test_by_f1(make_study: Make) -> None:
    watch, best = watched(make_study(baseline=stopping(1, monitor="f1_macro")), [0.9, 0.4, 0.5, 0.1], [0.5] * 4)
    assert (watch.epochs, best) == (3, [1, 2])


def stopping(patience: int, min_delta: float = 0.0, **more: Any) -> dict[str, Any]:
    return {"epochs": 100, "early_stopping": {"patience": patience, "min_delta": min_delta}, **more}


@pytest.mark.parametrize(
    ("baseline", "losses", "epochs", "best"),
    [
        ({"epochs": 3}, [3, 2, 4, 1], 3, [1, 2]),  # all epochs are trained; the best is remembered
        ({"epochs": 3}, [1, 1, 1], 3, [1]),  # no gain is no gain
        (stopping(2), [3, 2, 4, 3, 1], 4, [1, 2]),
        (stopping(2), [3, 2, 4, 1.5, 2, 2, 1], 6, [1, 2, 4]),  # patience starts anew
        (stopping(1), [3, 3, 1], 2, [1]),
        (stopping(2, epochs=3), [3, 2, 1, 0], 3, [1, 2, 3]),
        (stopping(2, 0.5), [3, 2.8, 2.6, 1], 3, [1]),  # each gain on the best is below 0.5, until too late
        (stopping(2, 0.5), [3, 2.8, 2.4, 2.3, 2.2, 2.1], 5, [1, 3]),
        (stopping(2, 0.5), [3, 2.5, 2.5, 0], 3, [1]),  # a gain of just min_delta does not count
    ],
)
def test_by_loss(baseline: dict[str, Any], losses: list[float], epochs: int, best: list[int], make_study: Make) -> None:
    watch, found = watched(make_study(baseline=baseline), losses)
    assert (watch.epochs, found, watch.best_epoch) == (epochs, best, best[-1])
    assert watch.done
    assert not watch.diverged


def test_by_accuracy(make_study: Make) -> None:
    study = make_study(baseline=stopping(2, 0.01, monitor="accuracy"))
    watch, best = watched(study, [1, 2, 3, 4, 5, 6], [0.5, 0.6, 0.605, 0.62, 0.61, 0.625])
    assert (watch.epochs, best) == (6, [1, 2, 4])
    watch, best = watched(make_study(baseline={"monitor": "accuracy"}), [3, 2, 1], [0.6, 0.5, 0.7])
    assert (best, watch.done) == ([1, 3], False)


@pytest.mark.parametrize("validation", [0, 0.1])
def test_by_training_loss(validation: float, make_study: Make) -> None:
    """The validation rows, if there are any, are not looked at."""
    baseline = stopping(2, 0.5, monitor="train_loss")
    watch = Watch(make_study(data={"source": "x", "validation": validation}, baseline=baseline).recipe())
    held_out = iter([9.0, 8.0, 7.0, 6.0, 5.0])
    best = [watch.epochs for loss in (3, 2, 1.9, 1.6) if watch.see(epoch(loss, next(held_out), 0.5))]
    assert (best, watch.epochs, watch.best_epoch, watch.done) == ([1, 2], 4, 2, True)


@pytest.mark.parametrize(("train", "held_out"), [(nan, 1.0), (inf, 1.0), (1.0, nan), (1.0, inf)])
def test_a_loss_that_is_not_finite_ends_the_run(train: float, held_out: float, make_study: Make) -> None:
    watch = Watch(make_study(baseline={"epochs": 100, "monitor": "accuracy"}).recipe())
    assert watch.see(epoch(1.0, 1.0, 0.5))
    assert not watch.done
    assert not watch.see(epoch(train, held_out, 0.9))
    assert watch.diverged
    assert watch.done
    assert (watch.epochs, watch.best_epoch) == (2, 1)


def test_without_validation_rows_the_last_epoch_is_the_best(make_study: Make) -> None:
    watch = Watch(make_study(data={"source": "x", "validation": 0}, baseline={"epochs": 3}).recipe())
    for number in (1, 2, 3):
        assert not watch.done
        assert watch.see(epoch(1.0 + number, nan, nan))
        assert (watch.epochs, watch.best_epoch, watch.diverged) == (number, number, False)
    assert watch.done
    assert not Watch(watch.recipe).see(epoch(nan, nan, nan))
