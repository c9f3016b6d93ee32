import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    classification_report,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
)

from paribus.evaluation.confusion import confusion
from paribus.evaluation.metrics import averages, class_report, score


def predictions(num_rows: int, num_classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p_BC = rng.dirichlet(np.full(num_classes, 0.3), size=num_rows).astype(np.float32)
    return p_BC, rng.integers(num_classes, size=num_rows)


@pytest.mark.parametrize(("num_rows", "num_classes"), [(1000, 10), (50, 2), (7, 10)])
def test_scores_are_those_of_scikit_learn(num_rows: int, num_classes: int) -> None:
    p_BC, y_B = predictions(num_rows, num_classes, seed=3)
    hat_B = p_BC.argmax(axis=1)
    found = score(p_BC, y_B)
    assert found["accuracy"] == accuracy_score(y_B, hat_B)
    assert found["loss"] == pytest.approx(log_loss(y_B, p_BC, labels=range(num_classes)), rel=1e-6)
    assert found["f1_macro"] == pytest.approx(f1_score(y_B, hat_B, average="macro", zero_division=0))
    assert found["f1_weighted"] == pytest.approx(f1_score(y_B, hat_B, average="weighted", zero_division=0))


def test_a_certain_mistake_costs_a_finite_loss() -> None:
    p_BC, y_B = np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32), np.array([1, 1])
    assert score(p_BC, y_B)["loss"] == pytest.approx(log_loss(y_B, p_BC, labels=[0, 1]), rel=1e-6)
    assert score(p_BC, y_B)["loss"] == pytest.approx(23 * np.log(2) / 2, rel=1e-6)  # float32 epsilon is 2 ** -23


def test_report_is_that_of_scikit_learn_also_for_classes_never_seen() -> None:
    p_BC, y_B = predictions(40, 6, seed=5)
    p_BC[:, 0], y_B[y_B == 5] = 0, 4  # class 0 is never predicted, class 5 never true
    rows = class_report(confusion(p_BC, y_B), list("abcdef"))
    columns = precision_recall_fscore_support(y_B, p_BC.argmax(axis=1), labels=range(6), zero_division=0)
    assert [row["class"] for row in rows] == list("abcdef")
    for name, column in zip(["precision", "recall", "f1", "support"], columns, strict=True):
        np.testing.assert_allclose([row[name] for row in rows], column)


def test_report_wants_a_name_for_every_class() -> None:
    with pytest.raises(ValueError, match="zip"):
        class_report(np.eye(3, dtype=int), ["only", "two"])


def test_averages_are_those_of_scikit_learn_also_for_classes_never_seen() -> None:
    p_BC, y_B = predictions(40, 6, seed=5)
    p_BC[:, 5], y_B[y_B == 5] = 0, 4  # class 5 is neither predicted nor true
    p_BC[:, 0] = 0
    report = classification_report(y_B, p_BC.argmax(axis=1), output_dict=True, zero_division=0)
    for row, name in zip(averages(confusion(p_BC, y_B)), ["macro avg", "weighted avg"], strict=True):
        wanted = report[name]
        assert row["class"] == name.replace("avg", "average")
        assert [row["precision"], row["recall"], row["f1"], row["support"]] == pytest.approx(
            [wanted["precision"], wanted["recall"], wanted["f1-score"], wanted["support"]]
        )
