"""What every source hands on: training and test items, labels, class names, and a fingerprint of them all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Dataset:
    """A data set in memory, in its original order.

    Args:
        name: what a table or a report calls it.
        x_train: training items, shape (row, *item), uint8 pixels or float32 features; or texts, shape (row,), objects
            that are all `str`.
        y_train: their classes, shape (row,), int64 from 0 to number of classes - 1.
        x_test: test items, shape (row, *item).
        y_test: their classes, shape (row,).
        class_names: one name per class.
        feature_names: one name per feature, if the items are rows of a table with names; no part of the fingerprint.
        notes: what a reader must know before believing a result on it; no part of the fingerprint.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Shape of one item, (28, 28) for a Fashion-MNIST image, () for a text."""
        return tuple(self.x_train.shape[1:])

    @property
    def is_text(self) -> bool:
        """Whether the items are texts."""
        return self.x_train.dtype == object

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over shapes, types, bytes and class names: equal data, equal fingerprint, whatever the file.

        Of texts over their lengths and bytes in UTF-8.
        """
        digest = hashlib.sha256("\0".join(self.class_names).encode())
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            if array.dtype == object:
                digest.update(np.array([len(text.encode()) for text in array], np.int64).data)
                for text in array:
                    digest.update(text.encode())
            else:
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
