"""Scores in words and numbers; the names that study files and records may have are those of the table."""

from typing import get_args

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from paribus.errors import SpecError
from paribus.evaluation.metrics import score
from paribus.metric import METRICS, STORED, find_metric, metric_name, metric_of
from paribus.spec import StudySpec
from paribus.spec import recipe as asked
from paribus.store.records import recipe as stored
from paribus.training.record import COLUMNS


def test_histories_have_what_runs_store() -> None:
    assert list(STORED) == ["accuracy", "f1_macro", "f1_weighted", "loss"]
    assert get_args(asked.Monitor) == (*STORED, "train_loss")
    assert COLUMNS[3:] == ("val_loss", "val_accuracy", "val_f1_macro", "val_f1_weighted")  # as histories have them
    probabilities = np.array([[0.75, 0.25], [0.5, 0.5]], np.float32)
    assert list(score(probabilities, np.array([0, 1]))) == list(STORED)


@pytest.mark.parametrize(
    "name", [*METRICS, "top_3", "top_20", "scores:cost", "a.b:cost.of:lower", "a:f.<locals>.g@12345678"]
)
def test_study_files_and_records_name_the_metrics_that_there_are(name: str) -> None:
    assert TypeAdapter(stored.MetricName).validate_python(name) == name
    assert TypeAdapter(stored.ScoreName).validate_python(f"val_{name}") == f"val_{name}"
    assert metric_of(f"test_{name}").name == name


@pytest.mark.parametrize(
    "name", ["acuracy", "val_accuracy", "top_0", "top_03", "top_", "ece_5", "a b:c", "a:b:higher", ""]
)
def test_other_names_are_refused(name: str) -> None:
    assert find_metric(name) is None
    for kind, value in ((stored.MetricName, name), (stored.ScoreName, f"val_{name}"), (stored.ScoreName, "accuracy")):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(value)
    with pytest.raises(SpecError, match="metric: "):
        StudySpec.model_validate({"name": "a", "data": {"source": "digits"}, "metric": name})


@pytest.mark.parametrize(
    ("value", "name", "number", "signed", "amount", "size"),
    [
        (0.87654, "test_accuracy", "87.65", "+87.65", "87.65 %", "87.65 points"),
        (-0.00123, "f1_macro", "-0.12", "-0.12", "-0.12 %", "-0.12 points"),
        (0.5, "test_loss", "0.5000", "+0.5000", "0.5000 nats", "0.5000 nats"),
        (0.0, "loss", "0.0000", "+0.0000", "0.0000 nats", "0.0000 nats"),
        (0.25, "my_own_score", "0.2500", "+0.2500", "0.2500", "0.2500"),
        (0.25, "test_brier", "0.2500", "+0.2500", "0.2500", "0.2500"),
        (0.25, "val_scores:cost:lower", "0.2500", "+0.2500", "0.2500", "0.2500"),
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
        ("val_top_3", "validation top-3 accuracy"),
        ("test_scores:mean_cost:lower", "test mean cost"),
        ("test_a.b:within.<locals>.<lambda>@12345678", "test lambda"),
    ],
)
def test_names(score: str, name: str) -> None:
    assert metric_name(score) == name


def test_a_lower_loss_is_a_gain() -> None:
    assert [metric_of(name).sign for name in ("val_accuracy", "test_loss", "train_loss")] == [1, -1, -1]
    assert [metric_of(f"test_scores:cost{end}").sign for end in ("", ":lower")] == [1, -1]
