"""The digits that come with scikit-learn."""

from __future__ import annotations

from typing import Any

from paribus.data.dataset import Dataset
from paribus.data.formats.arrays import dataset_from
from paribus.spec.parts import part


@part("data")
def digits() -> Dataset:
    """1,797 handwritten digits as 8 x 8 counts from 0 to 16, 10 classes; a fifth is held out for testing.

    Source: scikit-learn's `load_digits`: the test part of the UCI set of Alpaydin and Kaynak (1998).
    """
    from sklearn.datasets import load_digits

    bunch: Any = load_digits()
    return dataset_from({"x": bunch.images.astype("uint8"), "y": bunch.target}, "digits", test=0.2)
