"""A ninth of Fashion-MNIST that is installed with the package, for trying things out without a download."""

from __future__ import annotations

from importlib.resources import files

import numpy as np

from paribus.data.dataset import Dataset
from paribus.data.sources.fashion_mnist import CLASS_NAMES
from paribus.spec.parts import part


@part("data")
def fashion_mnist_mini() -> Dataset:
    """8,000 pictures drawn from Fashion-MNIST, class-balanced, installed with paribus.

    6,000 of its training and 2,000 of its test images. `scripts/make_mini.py` draws them.
    """
    with files("paribus").joinpath("bundled/fashion_mnist_mini.npz").open("rb") as file, np.load(file) as stored:
        arrays = [stored[key] for key in ("x_train", "y_train", "x_test", "y_test")]
    return Dataset("fashion_mnist_mini", *arrays, class_names=CLASS_NAMES)
