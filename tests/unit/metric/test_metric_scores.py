"""Every metric of the room against scikit-learn, and where they are at their edges."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    f1_score,
    log_loss,
    roc_auc_score,
    top_k_accuracy_score,
)

from paribus.errors import DataError
from paribus.evaluation.metrics import measure
from paribus.metric import METRICS, find_metric

Oracle = Callable[[np.ndarray, np.ndarray], float]


def of_classes(score: Callable[..., float], **options: object) -> Oracle:
    return lambda y_B, p_BC: score(y_B, p_BC.argmax(axis=1), **options)


def calibration(strategy: str) -> Oracle:
    """From scikit-learn's reliability diagram; it does not say how many rows a bin has."""

    def score(y_B: np.ndarray, p_BC: np.ndarray) -> float:
        confidence_B, hit_B = p_BC.max(axis=1).astype(float), p_BC.argmax(axis=1) == y_B
        accuracy_K, mean_K = calibration_curve(hit_B, confidence_B, n_bins=15, strategy=strategy)
        rows_K = np.histogram(confidence_B, bins=15, range=(0, 1))[0] if strategy == "uniform" else np.ones(15)
        return float(np.average(abs(accuracy_K - mean_K), weights=rows_K[rows_K > 0]))

    return score


def brier(y_B: np.ndarray, p_BC: np.ndarray) -> float:
    return brier_score_loss(y_B, p_BC, labels=range(p_BC.shape[1]), scale_by_half=False)


def roc_auc(y_B: np.ndarray, p_BC: np.ndarray) -> float:
    return roc_auc_score(y_B, p_BC[:, 1] if p_BC.shape[1] == 2 else p_BC, multi_class="ovr", average="macro")


ORACLES: dict[str, Oracle] = {
    "accuracy": of_classes(accuracy_score),
    "balanced_accuracy": of_classes(balanced_accuracy_score),
    "brier": brier,
    "ece": calibration("uniform"),
    "ece_adaptive": calibration("quantile"),  # whose bins are ours where 15 divides the rows
    "f1": of_classes(f1_score),
    "f1_macro": of_classes(f1_score, average="macro", zero_division=0),
    "f1_weighted": of_classes(f1_score, average="weighted", zero_division=0),
    "loss": lambda y_B, p_BC: log_loss(y_B, p_BC, labels=range(p_BC.shape[1])),
    "roc_auc": roc_auc,
    "top_5": lambda y_B, p_BC: top_k_accuracy_score(y_B, p_BC, k=5, labels=range(p_BC.shape[1])),
}
CLASSES = {"f1": (2,), "top_5": (6, 10)}


def predictions(num_classes: int, rows: int = 900, skill: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """True classes, and probabilities that know something of them."""
    rng = np.random.default_rng(num_classes)
    y_B = rng.integers(num_classes, size=rows)
    scores_BC = 2 * rng.normal(size=(rows, num_classes)) + skill * (np.arange(num_classes) == y_B[:, None])
    p_BC = np.exp(scores_BC) / np.exp(scores_BC).sum(axis=1, keepdims=True)
    return y_B, p_BC.astype(np.float32)


def score(name: str, y_B: np.ndarray, p_BC: np.ndarray) -> float:
    metric = find_metric(name)
    assert metric
    return measure(metric, p_BC, y_B)


def test_every_metric_has_an_oracle_words_a_source_and_one_computation() -> None:
    assert set(ORACLES) == set(METRICS)
    for metric in METRICS.values():
        computed = [each for each in (metric.from_counts, metric.from_probabilities) if each]
        assert len(computed) == 1, metric.name
        function = computed[0].func if isinstance(computed[0], partial) else computed[0]
        assert re.search(r"^Source: \S", inspect.getdoc(function) or "", re.MULTILINE), metric.name
        assert re.fullmatch(r"[\w -]{2,}", metric.words), metric.name


@pytest.mark.parametrize(
    ("name", "num_classes"), [(name, number) for name in METRICS for number in CLASSES.get(name, (2, 3, 10))]
)
def test_it_is_what_scikit_learn_computes(name: str, num_classes: int) -> None:
    y_B, p_BC = predictions(num_classes)
    assert score(name, y_B, p_BC) == pytest.approx(ORACLES[name](y_B, p_BC), rel=1e-5)


@pytest.mark.parametrize("name", METRICS)
def test_the_direction_is_that_of_better_predictions_and_no_order_of_rows_matters(name: str) -> None:
    number = CLASSES.get(name, (10,))[-1]
    y_B, good_BC = predictions(number, skill=4.0)
    bad_BC = np.roll(good_BC, 1, axis=1)
    assert METRICS[name].sign * (score(name, y_B, good_BC) - score(name, y_B, bad_BC)) > 0
    order_B = np.random.default_rng(1).permutation(len(y_B))
    rounded_BC = np.round(good_BC, 1)  # so that many are equal
    assert score(name, y_B[order_B], rounded_BC[order_B]) == pytest.approx(score(name, y_B, rounded_BC), rel=1e-12)


@pytest.mark.parametrize("name", ["accuracy", "balanced_accuracy", "brier", "ece", "f1_weighted", "loss", "top_5"])
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_a_class_without_rows(name: str) -> None:
    y_B, p_BC = predictions(10)
    y_B[y_B == 3] = 4
    assert score(name, y_B, p_BC) == pytest.approx(ORACLES[name](y_B, p_BC), rel=1e-5)


def test_what_needs_rows_of_a_class_says_so() -> None:
    y_B, p_BC = predictions(3)
    y_B[y_B == 2] = 0
    with pytest.raises(DataError, match=r"roc_auc needs rows of every class.*: \d+, \d+, 0\."):
        score("roc_auc", y_B, p_BC)
    y_B, p_BC = predictions(2)
    for labels_B in (np.zeros_like(y_B), np.ones_like(y_B)):
        with pytest.raises(DataError, match="roc_auc needs rows of every class"):
            score("roc_auc", labels_B, p_BC)
    with pytest.raises(DataError, match="f1 needs rows of the positive class, the one with index 1; found none"):
        score("f1", np.zeros_like(y_B), p_BC)
    with pytest.raises(DataError, match="f1 is for 2 classes.*; found 3. Use f1_macro"):
        score("f1", *predictions(3))
    with pytest.raises(DataError, match="top_5 needs more than 5 classes; found 3"):
        score("top_5", *predictions(3))


def test_equal_probabilities() -> None:
    y_B, p_BC = predictions(2)
    rounded_BC = np.round(p_BC, 1)
    assert score("roc_auc", y_B, rounded_BC) == pytest.approx(roc_auc(y_B, rounded_BC), rel=1e-12)
    assert score("roc_auc", y_B, np.full_like(p_BC, 0.5)) == 0.5
    y_B, p_BC = predictions(10)
    rounded_BC = np.round(p_BC, 1)
    assert score("top_1", y_B, rounded_BC) == score("accuracy", y_B, rounded_BC)
    assert score("top_3", y_B, np.full_like(p_BC, 0.1)) == np.mean(y_B < 3)


def test_one_class_predicted_always() -> None:
    y_B = np.repeat([0, 1, 2, 3], [40, 10, 5, 5])
    p_BC = np.tile(np.array([0.7, 0.1, 0.1, 0.1], np.float32), (60, 1))
    assert score("balanced_accuracy", y_B, p_BC) == 1 / 4
    for name in ("ece", "ece_adaptive"):  # all rows share a bin
        assert score(name, y_B, p_BC) == pytest.approx(0.7 - 40 / 60, abs=1e-7)
    assert score("brier", y_B, p_BC) == pytest.approx((40 * (0.3**2 + 0.03) + 20 * (0.7**2 + 0.9**2 + 0.02)) / 60)


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [("brier", 0, 2), ("ece", 0, 1), ("ece_adaptive", 0, 1), ("roc_auc", 1, 0), ("f1", 1, 0)],
)
def test_probabilities_of_0_and_1(name: str, right: float, wrong: float) -> None:
    y_B = np.array([0, 1, 1, 0, 1])
    p_BC = np.eye(2, dtype=np.float32)[y_B]
    assert score(name, y_B, p_BC) == right
    assert score(name, y_B, p_BC[:, ::-1]) == wrong


def test_calibration_of_a_few_rows_by_hand() -> None:
    p_B = np.array([0.6, 0.62, 0.95, 0.97], np.float32)  # 0.6 is the upper end of the ninth of 15 bins
    p_BC, y_B = np.stack([p_B, 1 - p_B], axis=1), np.array([1, 0, 0, 1])
    gaps = [abs(0 - 0.6), abs(1 - 0.62), abs(1 - 0.95 + 0 - 0.97)]
    assert score("ece", y_B, p_BC) == pytest.approx(sum(gaps) / 4, rel=1e-6)
    gaps = [abs(0 - 0.6), abs(1 - 0.62), abs(1 - 0.95), abs(0 - 0.97)]  # fewer rows than bins: each has its own
    assert score("ece_adaptive", y_B, p_BC) == pytest.approx(sum(gaps) / 4, rel=1e-6)
