"""Draw paribus/bundled/fashion_mnist_mini.npz from the original Fashion-MNIST.

    python scripts/make_mini.py /usr/share/datasets/fashion-mnist

The draw has a fixed seed and the archive fixed times, so the same originals give the same bytes.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import numpy as np

from paribus.data.locate import Place, load_original
from paribus.data.sampling import stratified
from paribus.data.sources.fashion_mnist import CLASS_NAMES, FASHION_MNIST
from paribus.planning.streams import stream

TARGET = Path(__file__).parents[1] / "paribus/bundled/fashion_mnist_mini.npz"


def make_mini(folder: Path, target: Path) -> None:
    """Write 6,000 training and 2,000 test images of the originals in `folder`, as many of each class, to `target`."""
    full = load_original(FASHION_MNIST, CLASS_NAMES, places=[Place("argument", folder)])
    train = stratified(full.y_train, 0.1, stream(0, "sample", "mini", "train"))
    test = stratified(full.y_test, 0.2, stream(0, "sample", "mini", "test"))
    np.savez_compressed(
        target,
        x_train=full.x_train[train],
        y_train=full.y_train[train],
        x_test=full.x_test[test],
        y_test=full.y_test[test],
    )


if __name__ == "__main__":
    make_mini(Path(sys.argv[1]), TARGET)
    content = TARGET.read_bytes()
    print(f"{TARGET}: {len(content)} bytes, sha256 {hashlib.sha256(content).hexdigest()}")
