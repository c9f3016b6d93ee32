"""From anybody's arrays to a Dataset: types, shapes and labels checked, a test set drawn where there is none."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from paribus.data.dataset import Dataset
from paribus.data.formats.packed import check_unpacked
from paribus.data.sampling import stratified
from paribus.errors import DataError, printable, shortened
from paribus.planning.streams import stream
from paribus.spec import DataSpec

_WITH_TEST = ("x_train", "y_train", "x_test", "y_test")
_WITHOUT = ("x", "y")
_CHANNELS = (1, 3, 4)
_MOST_CLASSES, _LONGEST = 5_000, 1_000
"""Classes, and characters of a label."""
SHARE: float = DataSpec.model_fields["test"].default
"""Share of each class held out where nothing else is asked."""

RowName = Callable[[str, int], str]


def read_npz(path: Path, test: float | str) -> Dataset:
    """The data set in an NPZ file with the arrays that `dataset_from` allows.

    Args:
        path: the file; nothing in it is unpickled.
        test: share held out if the file has no test set.

    Raises:
        DataError: the file is not there, is damaged, unpacks to far more than its size, or its arrays are not what
            `dataset_from` allows.
    """
    if not path.is_file():
        raise DataError(f"{path} does not exist. Give a file, relative to the study file's folder.")
    arrays: dict[str, np.ndarray] = {}
    key = ""
    try:
        with zipfile.ZipFile(path) as packed:
            num_bytes = sum(member.file_size for member in packed.infolist())
        check_unpacked(path, num_bytes, "save it unpacked, by numpy.savez")
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            for key in stored.files:
                arrays[key] = stored[key]
                check_unpacked(path, arrays[key].size, "save it anew, without values of no bytes")
    except DataError:
        raise
    except Exception as failed:  # zipfile, zlib and NumPy raise many kinds for damaged files
        array = f", array {key!r}" if key else ""
        raise DataError(
            f"{path}{array} cannot be read: {failed}. Allowed: numbers and text saved by numpy.savez, no objects."
        ) from failed
    return dataset_from(arrays, path.name, test)


def dataset_from(
    arrays: Mapping[str, Any], name: str, test: float | str, row_name: RowName = "{}, row {}".format
) -> Dataset:
    """Check arrays and make them a Dataset.

    Args:
        arrays: x_train, y_train, x_test, y_test, or x and y; class_names if the labels are not to be shown as they are.
            Items have shape (row, *item) and finite numbers: uint8 stays, all else becomes float32. Or they are texts,
            shape (row,), which may be empty. Labels have shape (row,) and any sortable type; in sorted order they
            become the classes 0, 1, 2 ...
        name: what the data set is called, in errors too.
        test: share of each class held out, if there is no test set, else `SHARE`. It is the same rows for all studies
            and seeds.
        row_name: what an error calls a row, from the array's key and the row number that counts from 0.

    Raises:
        DataError: an array is missing, has another shape or type, or values that are not finite; there are fewer than
            two classes, a class with one training row, or a class in the test set only; or there is a test set already.
    """
    keys = _WITH_TEST if any(key in arrays for key in _WITH_TEST) else _WITHOUT
    missing = [key for key in keys if key not in arrays]
    if missing:
        raise DataError(
            f"{name} lacks {', '.join(missing)}; found {', '.join(arrays) or 'nothing'}. Allowed: "
            f"{', '.join(_WITH_TEST)}, or {' and '.join(_WITHOUT)}, and class_names."
        )
    unread = [key for key in arrays if key not in (*keys, "class_names")]
    if unread:
        raise DataError(f"{name} has {', '.join(unread)} beside {', '.join(keys)}, which is not read. Remove it.")
    items = [_items(arrays[key], f"{name}, {key}") for key in keys[::2]]
    labels = [_labels(arrays[key], f"{name}, {key}") for key in keys[1::2]]
    _check_shapes(items, labels, name)
    classes, codes = _classes(labels, name)
    y = np.split(codes, [len(labels[0])])
    _check_classes(classes, y, keys, lambda key, row: f"{name}, {row_name(key, row)}")
    class_names = _class_names(arrays.get("class_names"), classes, name)
    if any(x.dtype not in (np.uint8, object) for x in items):
        items = [x.astype(np.float32, copy=False) for x in items]
    if len(items) == 2:
        if test != SHARE:
            raise DataError(
                f"data.test: is for sources without a test set, found {test!r}, but {name} has one. Remove it."
            )
        return Dataset(name, items[0], y[0], items[1], y[1], class_names)
    held_out = _hold_out(y[0], test, name)
    return Dataset(name, items[0][~held_out], y[0][~held_out], items[0][held_out], y[0][held_out], class_names)


def _array(values: Any, where: str) -> np.ndarray:
    try:
        array = np.asarray(values)
        if array.dtype.kind == "U" and array.size:  # NumPy keeps any 32 bits, of which Python takes no character
            points = np.ascontiguousarray(array).view(np.dtype(np.uint32).newbyteorder(array.dtype.byteorder))
            if points.max(initial=0) > sys.maxunicode:
                raise ValueError(f"{points.max()} is no character")
        return array
    except Exception as failed:  # whatever a list of unequal rows, or another library's array, raises
        raise DataError(f"{where} is no array: {failed}. Give equal rows of numbers.") from failed


def _items(values: Any, where: str) -> np.ndarray:
    """Texts as objects; other items as uint8 or float32, finite, at least two-dimensional."""
    listed = isinstance(values, list | tuple) and len(values) and isinstance(values[0], str)
    x = np.array(values, object) if listed else _array(values, where)  # a list of texts would be padded to the longest
    if x.ndim == 1 and x.dtype.kind in "OU" and len(x):
        return _texts(x, where)
    if x.dtype.kind not in "buif":
        raise DataError(
            f"{where} has type {x.dtype}. Allowed: numbers, or one text per row. Encode the items as numbers."
        )
    if x.ndim < 2 or 0 in x.shape:
        raise DataError(
            f"{where} has shape {x.shape}. Allowed: (row, feature) or (row, height, width), none of them 0."
        )
    if x.ndim == 4 and x.shape[3] in _CHANNELS and x.shape[1] not in _CHANNELS:
        raise DataError(
            f"{where} has shape {x.shape}, as if of (row, height, width, channel). Asked is (row, channel, height, "
            "width): x.transpose(0, 3, 1, 2)."
        )
    if x.dtype != np.uint8:
        with np.errstate(over="ignore"):  # a number too large for float32 is reported as not finite
            x = x.astype(np.float32)
        bad = np.flatnonzero(~np.isfinite(x.reshape(len(x), -1)).all(axis=1))
        if len(bad):
            raise DataError(
                f"{where}: {len(bad)} rows have values that are not finite in float32 (nan or inf), the first is row "
                f"{bad[0]}. Remove these rows or fill the values in."
            )
    return x


def _texts(x: np.ndarray, where: str) -> np.ndarray:
    """The texts as Python's own, all of which UTF-8 can write."""
    texts = np.empty(len(x), object)
    for row, text in enumerate(x):
        if not isinstance(text, str):
            raise DataError(
                f"{where}, row {row} is no text but {type(text).__name__}. Allowed: a text in every row, or numbers of "
                "one shape. Correct it or remove the row."
            )
        try:
            text.encode()
        except UnicodeEncodeError as failed:
            raise DataError(f"{where}, row {row} cannot be written as UTF-8: {failed}. Decode it anew.") from failed
        texts[row] = str(text)
    return texts


def _labels(values: Any, where: str) -> np.ndarray:
    """Labels as a sortable array, whole numbers as int64."""
    y: Any = _array(values, where)
    texts = y.dtype.kind == "O" and all(isinstance(label, str) for label in y.ravel())
    if y.ndim != 1 or not (texts or y.dtype.kind in "buifU"):
        raise DataError(f"{where} has shape {y.shape} and type {y.dtype}. Allowed: one number or text per row.")
    if y.dtype.kind == "f":
        bad = np.flatnonzero(~np.isfinite(y))
        if len(bad):
            raise DataError(f"{where}: {len(bad)} labels are missing, the first in row {bad[0]}. Remove these rows.")
        y = y.astype(np.int64) if (y == np.round(y)).all() and np.abs(y).max() < 2**53 else y
    return y


def _classes(labels: Sequence[np.ndarray], name: str) -> tuple[np.ndarray, np.ndarray]:
    """The labels in sorted order, each once, and the class of every row; texts are not padded to the longest."""
    if all(y.dtype.kind not in "OU" for y in labels):
        classes, codes = np.unique(np.concatenate(labels), return_inverse=True)
    else:
        texts = [str(label) for y in labels for label in y.tolist()]
        known = sorted(set(texts))
        classes, code_of = np.array(known, object), {label: code for code, label in enumerate(known)}
        codes = np.fromiter((code_of[label] for label in texts), np.int64, len(texts))
    if len(classes) > _MOST_CLASSES:
        raise DataError(
            f"{name}: {len(classes):,} different labels, the first {str(classes[0])[:50]!r}. Allowed: "
            f"{_MOST_CLASSES:,} classes. Is another column, or array, meant?"
        )
    bad = next((label for label in map(str, classes) if printable(label) != label or len(label) > _LONGEST), None)
    if bad is not None:
        raise DataError(
            f"{name}: the label {shortened(bad, 200)!r} has {len(bad):,} characters, or some that cannot be printed. "
            f"Allowed: {_LONGEST:,}. Correct it."
        )
    return classes, codes.astype(np.int64)


def _check_shapes(items: Sequence[np.ndarray], labels: Sequence[np.ndarray], name: str) -> None:
    for x, y, part in zip(items, labels, ("training", "test"), strict=False):
        if len(x) != len(y):
            raise DataError(f"{name}: {len(x)} {part} items but {len(y)} labels. Give one label per item.")
    train, test = items[0].shape[1:], items[-1].shape[1:]
    if train != test:
        raise DataError(f"{name}: training items have shape {train}, test items {test}. Make them equal.")


def _check_classes(classes: np.ndarray, y: Sequence[np.ndarray], keys: Sequence[str], row_name: RowName) -> None:
    """Each class needs two training rows, and there must be two classes."""
    counts = np.bincount(y[0], minlength=len(classes))
    if len(classes) < 2:
        raise DataError(f"{row_name(keys[1], 0)}: every label is {str(classes[0])!r}. At least two classes are needed.")
    if counts.min() >= 2:
        return
    rare = int(counts.argmin())
    part = 0 if counts[rare] else 1
    row = row_name(keys[1 + 2 * part], int(np.flatnonzero(y[part] == rare)[0]))
    if part:
        raise DataError(f"{row}: class {str(classes[rare])!r} is in the test set but not in training. Remove its rows.")
    raise DataError(
        f"{row}: class {str(classes[rare])!r} has only this row in training, so it cannot be stratified. At least two "
        "are needed: add rows, merge it with another class, or remove it."
    )


def _class_names(names: Any, classes: np.ndarray, where: str) -> tuple[str, ...]:
    named = classes if names is None else _array(names, f"{where}, class_names").ravel()
    given = tuple(map(str, named))
    if len(given) != len(classes) or len(set(given)) != len(classes):
        labels = ", ".join(map(str, classes[:20]))
        raise DataError(
            f"{where}: class_names {', '.join(given)} for {len(classes)} classes ({labels}). Give each class a name of "
            "its own, in the sorted order of the labels."
        )
    if classes.dtype.kind == "O" and given != tuple(classes) and set(given) == set(classes):
        raise DataError(
            f"{where}: class_names {', '.join(given)} are the labels themselves in another order, so each would be "
            "called by another's name. Leave them out, or give them in sorted order."
        )
    return given


def _hold_out(labels_B: np.ndarray, test: float | str, name: str) -> np.ndarray:
    """True for the rows of the test set, shape (row,)."""
    if isinstance(test, str):
        raise DataError(f"{name} has no test set, and `test: {test}` is a file, allowed for tables only. Give a share.")
    held_out = stratified(labels_B, test, stream(0, "split", "test"))
    if not held_out.any() or len(np.unique(labels_B[~held_out])) < len(np.unique(labels_B)):
        short = "a class without training rows" if held_out.any() else "the test set without rows"
        raise DataError(
            f"{name}: a test share of {test} of {len(labels_B)} rows leaves {short}. Choose another, or give more data."
        )
    return held_out
