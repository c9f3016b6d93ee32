"""Broken arrays, from a file or a function: the letter names the array and the row."""

import numpy as np
import pytest
from broken_files import Case, Make, X, Y, bytes_of, file, npz

NPZ = npz(x=X, y=Y)
OWN = """\
import numpy as np
x, y = np.arange(60.0).reshape(20, 3), np.arange(20) % 2
def nan(): return {"x": np.where(x == 7, np.nan, x), "y": y}
def inf(): return {"x": np.where(x == 7, np.inf, x), "y": y}
def flat(): return {"x": x[:, 0], "y": y}
def ragged(): return {"x": [[1, 2], [3]], "y": y}
def other_length(): return {"x": x, "y": y[:19]}
def other_items(): return {"x_train": x, "y_train": y, "x_test": x[:2, :2], "y_test": y[:2]}
def column_of_labels(): return {"x": x, "y": y[:, None]}
def text(): return {"x": x.astype(str), "y": y}
def labels_nan(): return {"x": x, "y": np.where(y == 1, np.nan, y)}
def one_name(): return {"x": x, "y": y, "class_names": 5}
def number(): return 7
"""


def own(function: str) -> Make:
    return file("own.py", OWN, f"own:{function}")


ARRAYS: dict[str, Case] = {
    "empty NPZ": (file("a.npz", b""), ["a.npz cannot be read: File is not a zip file"]),
    "NPZ that is a text": (file("a.npz", "no archive"), ["a.npz cannot be read: File is not a zip file"]),
    "NPZ that is one array": (file("a.npz", bytes_of(np.save, X)), ["a.npz cannot be read: File is not a zip file"]),
    "NPZ cut off": (file("a.npz", NPZ[:400]), ["a.npz cannot be read: File is not a zip file"]),
    "NPZ with a changed byte": (
        file("a.npz", NPZ[:300] + bytes([NPZ[300] ^ 1]) + NPZ[301:]),
        ["a.npz, array 'x' cannot be read: Bad CRC-32"],
    ),
    "NPZ of objects": (
        file("a.npz", npz(x=X, y=Y.astype(object))),
        ["a.npz, array 'y' cannot be read: Object arrays cannot be loaded"],
    ),
    "NPZ without labels": (file("a.npz", npz(x=X)), ["a.npz lacks y; found x"]),
    "NPZ of other lengths": (file("a.npz", npz(x=X, y=Y[:19])), ["a.npz: 20 training items but 19 labels"]),
    "NPZ with nan": (file("a.npz", npz(x=np.where(X[7, 1] == X, np.nan, X), y=Y)), ["a.npz, x: 1 rows", "is row 7"]),
    "NPZ with inf": (file("a.npz", npz(x=np.where(X[7, 1] == X, np.inf, X), y=Y)), ["a.npz, x: 1 rows", "is row 7"]),
    "NPZ beyond float32": (file("a.npz", npz(x=np.where(X[7, 1] == X, 1e39, X), y=Y)), ["a.npz, x: 1 rows", "row 7"]),
    "NPZ of one class": (file("a.npz", npz(x=X, y=Y * 0)), ["a.npz, y, row 0: every label is '0'"]),
    "NPZ with a class of one row": (
        file("a.npz", npz(x=X, y=np.where(np.arange(20) == 7, 2, Y))),
        ["a.npz, y, row 7: class '2' has only this row"],
    ),
    "NPZ with a class for testing only": (
        file("a.npz", npz(x_train=X, y_train=Y, x_test=X, y_test=np.where(np.arange(20) == 7, 2, Y))),
        ["a.npz, y_test, row 7: class '2' is in the test set but not in training"],
    ),
}


FUNCTIONS: dict[str, Case] = {
    "nan": (own("nan"), ["own:nan, x: 1 rows", "the first is row 2"]),
    "inf": (own("inf"), ["own:inf, x: 1 rows", "the first is row 2"]),
    "items without features": (own("flat"), ["own:flat, x has shape (20,)", "(row, feature)"]),
    "rows of unequal length": (own("ragged"), ["own:ragged, x is no array: ", "equal rows"]),
    "too few labels": (own("other_length"), ["own:other_length: 20 training items but 19 labels"]),
    "test items of another shape": (own("other_items"), ["own:other_items: training items have shape (3,)", "(2,)"]),
    "labels in a column": (own("column_of_labels"), ["own:column_of_labels, y has shape (20, 1)"]),
    "text": (own("text"), ["own:text, x has type <U", "Allowed: numbers"]),
    "labels missing": (own("labels_nan"), ["own:labels_nan, y: 10 labels are missing, the first in row 1"]),
    "one class name": (own("one_name"), ["own:one_name: class_names 5 for 2 classes"]),
    "a number": (own("number"), ["own:number returned int. Allowed: a Dataset"]),
}


@pytest.mark.parametrize("case", ARRAYS)
def test_arrays(refused, case: str) -> None:
    refused(*ARRAYS[case], "plan", "run", "show")


@pytest.mark.parametrize("case", FUNCTIONS)
def test_functions(refused, case: str) -> None:
    refused(*FUNCTIONS[case], "plan", "run", "show")
