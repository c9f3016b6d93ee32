"""Scores in words and numbers; the names that study files and records may have are those of the table."""

from typing import get_args

import numpy as np
import pytest

from paribus.evaluation.metrics import score
from paribus.metric import METRICS, metric_name, metric_of
from paribus.spec import recipe as asked
from paribus.store.records import recipe as stored
from paribus.training.record import COLUMNS


def test_study_files_and_records_name_the_metrics_that_there_are() -> None:
    assert get_args(asked.MetricName) == get_args(stored.MetricName) == ("accuracy", "loss", "f1_macro", "f1_weighted")
    assert get_args(asked.Monitor) == ("accuracy", "loss", "f1_macro", "f1_weighted", "train_loss")
    assert get_args(stored.ScoreName) == ("val_accuracy", "val_loss", "val_f1_macro", "val_f1_weighted")
    assert COLUMNS[3:] == ("val_loss", "val_accuracy", "val_f1_macro", "val_f1_weighted")  # as histories have them


def test_every_metric_is_computed() -> None:
    probabilities = np.array([[0.75, 0.25], [0.5, 0.5]], np.float32)
    assert set(score(probabilities, np.array([0, 1]))) == set(METRICS)


@pytest.mark.parametrize(
    ("value", "name", "number", "signed", "amount", "size"),
    [
        (0.87654, "test_accuracy", "87.65", "+87.65", "87.65 %", "87.65 points"),
        (-0.00123, "f1_macro", "-0.12", "-0.12", "-0.12 %", "-0.12 points"),
        (0.5, "test_loss", "0.5000", "+0.5000", "0.5000 nats", "0.5000 nats"),
        (0.0, "loss", "0.0000", "+0.0000", "0.0000 nats", "0.0000 nats"),
        (0.25, "my_own_score", "0.2500", "+0.2500", "0.2500", "0.2500"),
    ],
)
def test_numbers(value: float, name: str, number: str, signed: str, amount: str, size: str) -> None:
    metric = metric_of(name)
    assert (metric.number(value), metric.signed(value)) == (number, signed)
    assert (metric.amount(value), metric.size(value)) == (amount, size)


@pytest.mark.parametrize(
    ("score", "name"),
    [
        ("accuracy", "accuracy"),
        ("val_loss", "validation loss"),
        ("test_f1_weighted", "test weighted F1"),
        ("my_own_score", "my own score"),
        ("train_loss", "train loss"),
    ],
)
def test_names(score: str, name: str) -> None:
    assert metric_name(score) == name


def test_a_lower_loss_is_a_gain() -> None:
    assert [metric_of(name).sign for name in ("val_accuracy", "test_loss", "train_loss")] == [1, -1, -1]
