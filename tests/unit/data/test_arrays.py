"""Anybody's arrays: what is accepted, how labels are numbered, which test rows are drawn, what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paribus.data.formats.arrays import dataset_from, read_npz
from paribus.errors import DataError

X = np.arange(24.0).reshape(8, 3)
Y = np.array([0, 1, 0, 1, 0, 1, 0, 1])
FOUR = {"x_train": X, "y_train": Y, "x_test": X[:2], "y_test": Y[:2]}


def test_labels_become_classes_in_sorted_order() -> None:
    labels = np.array([10, -3, 2, 10, -3, 2, 10, 2])
    data = dataset_from(FOUR | {"y_train": labels, "y_test": labels[:2]}, "toy", 0.2)
    assert data.class_names == ("-3", "2", "10")
    assert data.y_train.tolist() == [2, 0, 1, 2, 0, 1, 2, 1]
    assert data.y_test.tolist() == [2, 0]


def test_text_and_objects_as_labels() -> None:
    labels = ["cat", "ant", "cat", "ant", "bee", "bee", "ant", "cat"]
    plain = dataset_from({"x": X, "y": labels}, "toy", 0.4)
    objects = dataset_from({"x": X, "y": np.array(labels, dtype=object)}, "toy", 0.4)
    assert plain.class_names == ("ant", "bee", "cat")
    assert plain.fingerprint == objects.fingerprint


def test_whole_floats_are_the_same_classes_as_integers() -> None:
    data = dataset_from(FOUR | {"y_train": Y.astype(float)}, "toy", 0.2)
    assert data.class_names == ("0", "1")


@pytest.mark.parametrize(("given", "kept"), [("uint8", "uint8"), ("int64", "float32"), ("bool", "float32")])
def test_types(given: str, kept: str) -> None:
    data = dataset_from(FOUR | {"x_train": X.astype(given), "x_test": X[:2].astype(given)}, "toy", 0.2)
    assert data.x_train.dtype == data.x_test.dtype == kept


def test_both_parts_get_one_type() -> None:
    data = dataset_from(FOUR | {"x_train": X.astype("uint8")}, "toy", 0.2)
    assert data.x_train.dtype == data.x_test.dtype == np.float32


def test_held_out_rows_are_stratified_and_the_same_every_time() -> None:
    x, y = np.arange(200.0).reshape(100, 2), np.repeat([0, 1], [80, 20])
    data, again = (dataset_from({"x": x, "y": y}, "toy", 0.25) for _ in range(2))
    assert np.bincount(data.y_test).tolist() == [20, 5]
    assert np.bincount(data.y_train).tolist() == [60, 15]
    rows = np.concatenate([data.x_train, data.x_test])
    assert sorted(rows[:, 0].tolist()) == x[:, 0].tolist()
    assert np.array_equal(data.y_test, (data.x_test[:, 0] >= 160).astype(int))
    assert data.fingerprint == again.fingerprint
    assert data.x_test[:20, 0].tolist() != x[:20, 0].tolist()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"x_test": None}, r"toy lacks x_test; found x_train, y_train, y_test, class_names\. Allowed: x_train"),
        ({"x_train": X.astype(object)}, "toy, x_train has type object. Allowed: numbers"),
        ({"x_train": X.astype(complex)}, "x_train has type complex128"),
        ({"x_train": X[:, 0]}, r"x_train has shape \(8,\)\. Allowed: \(row, feature\)"),
        ({"x_train": X[:, :0]}, r"x_train has shape \(8, 0\)"),
        ({"x_train": np.where(X == 7, np.nan, X)}, "1 rows have values that are not finite .* the first is row 2"),
        ({"x_test": X[:2] + 1e39}, "2 rows have values that are not finite in float32"),
        ({"x_train": X[:7]}, "7 training items but 8 labels"),
        ({"x_test": X[:1]}, "1 test items but 2 labels"),
        ({"x_test": X[:2, :2]}, r"training items have shape \(3,\), test items \(2,\)"),
        ({"y_train": Y[:, None]}, r"y_train has shape \(8, 1\) and type int64. Allowed: one number or text per row"),
        ({"y_train": Y.astype(object)}, r"y_train has shape \(8,\) and type object"),
        ({"y_train": np.where(Y == 1, np.nan, Y)}, "4 labels are missing, the first in row 1"),
        ({"y_train": Y * 0, "y_test": Y[:2] * 0}, "every label is '0'. At least two classes"),
        ({"y_train": [0, 1, 0, 1, 0, 2, 0, 1]}, "y_train, row 5: class '2' has only this row in training"),
        ({"y_test": [0, 5]}, "y_test, row 1: class '5' is in the test set but not in training"),
        ({"class_names": ("a", "b", "c")}, r"class_names a, b, c for 2 classes \(0, 1\)"),
        ({"class_names": ("a", "a")}, "a name of its own"),
        ({"y_train": list("abababab"), "y_test": list("ab"), "class_names": ("b", "a")}, "themselves in another order"),
        ({"class_name": ("a", "b")}, "toy has class_name beside x_train, y_train, x_test, y_test, which is not read"),
        (
            {"x_train": np.zeros((8, 9, 9, 3)), "x_test": np.zeros((2, 9, 9, 3))},
            "Asked is .row, channel, height, width",
        ),
    ],
)
def test_refused(change: dict[str, Any], text: str) -> None:
    arrays = {key: value for key, value in (FOUR | {"class_names": ("a", "b")} | change).items() if value is not None}
    with pytest.raises(DataError, match=text):
        dataset_from(arrays, "toy", 0.2)


@pytest.mark.parametrize(
    ("test", "text"),
    [
        (0.01, "leaves the test set without rows"),
        (0.99, "leaves a class without"),
        ("a.csv", "for tables only"),
    ],
)
def test_shares_that_cannot_be(test: float | str, text: str) -> None:
    with pytest.raises(DataError, match=text):
        dataset_from({"x": X, "y": Y}, "toy", test)


def test_npz_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **FOUR, class_names=np.array(["no", "yes"]))
    data = read_npz(tmp_path / "a.npz", 0.2)
    assert np.array_equal(data.x_train, X.astype(np.float32))
    assert data.class_names == ("no", "yes")
    assert data.name == "a.npz"


def test_npz_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **(FOUR | {"y_train": Y.astype(object)}))
    with pytest.raises(DataError, match=r"a\.npz, array 'y_train' cannot be read: Object arrays cannot be loaded"):
        read_npz(tmp_path / "a.npz", 0.2)


def test_npz_damaged_or_not_there(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **FOUR)
    whole = (tmp_path / "a.npz").read_bytes()
    for bad in (b"", b"text", whole[: len(whole) // 2]):
        (tmp_path / "a.npz").write_bytes(bad)
        with pytest.raises(DataError, match=r"a\.npz cannot be read"):
            read_npz(tmp_path / "a.npz", 0.2)
    with pytest.raises(DataError, match="does not exist"):
        read_npz(tmp_path / "b.npz", 0.2)
