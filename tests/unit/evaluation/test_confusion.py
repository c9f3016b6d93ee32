import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from paribus.errors import DataError
from paribus.evaluation.confusion import confusion


def test_counts_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    p_BC, y_B = rng.dirichlet(np.ones(4), size=200).astype(np.float32), rng.integers(3, size=200)
    counts = confusion(p_BC, y_B)
    assert counts.dtype == np.int64
    np.testing.assert_array_equal(counts, confusion_matrix(y_B, p_BC.argmax(axis=1), labels=range(4)))


def test_true_classes_are_rows_and_a_tie_goes_to_the_lowest_class() -> None:
    p_BC = np.array([[0.4, 0.4, 0.2], [0.0, 0.5, 0.5]], dtype=np.float32)
    assert confusion(p_BC, np.array([2, 2])).tolist() == [[0, 0, 0], [0, 0, 0], [1, 1, 0]]


def test_small_label_types_do_not_overflow() -> None:
    p_BC = np.eye(20, dtype=np.float32)
    np.testing.assert_array_equal(confusion(p_BC, np.arange(20, dtype=np.uint8)), np.eye(20))


@pytest.mark.parametrize(
    ("p_BC", "y_B", "message"),
    [
        (np.ones((2, 3)), np.array([0]), r"shape \(2, 3\) do not fit labels of shape \(1,\)"),
        (np.ones((0, 3)), np.array([], dtype=int), "at least one row"),
        (np.array([[np.nan, 1.0], [0.5, 0.5]]), np.array([0, 1]), "1 of 2 predictions are not finite"),
        (np.ones((2, 3)), np.array([0, 3]), "0 to 2 is allowed"),
        (np.ones((2, 3)), np.array([-1, 2]), "Labels reach from -1 to 2"),
    ],
)
def test_what_does_not_fit_is_refused(p_BC: np.ndarray, y_B: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        confusion(p_BC, y_B)
