"""CIFAR-10."""

from __future__ import annotations

import numpy as np

from paribus.data.dataset import Dataset
from paribus.data.locate import Archive, Original, Published, publish, read_original
from paribus.errors import DataError
from paribus.spec.parts import part

CLASS_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_SHA256 = {
    "data_batch_1.bin": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
    "data_batch_2.bin": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
    "data_batch_3.bin": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
    "data_batch_4.bin": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
    "data_batch_5.bin": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
    "test_batch.bin": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
}


def parse_batch(content: bytes, where: str) -> tuple[np.ndarray, np.ndarray]:
    """The records in a file of CIFAR-10's binary version: a label byte, then the red, green and blue plane.

    Args:
        content: the whole file.
        where: what an error calls the file.

    Returns:
        Items of shape (row, 3, 32, 32), uint8, and labels of shape (row,), int64.

    Raises:
        DataError: the file is empty or not of whole records, or a label is not below 10.

    Source: A. Krizhevsky, the data set's page, section "Binary version".
    """
    if not content or len(content) % 3073:
        raise DataError(f"{where} has {len(content)} bytes, which are no records of 3,073. Replace the file.")
    records = np.frombuffer(content, np.uint8).reshape(-1, 3073)
    bad = np.flatnonzero(records[:, 0] > 9)
    if len(bad):
        record, label = bad[0], records[bad[0], 0]
        raise DataError(f"{where}, record {record}: the label is {label}. Allowed: 0 to 9. Replace the file.")
    return np.ascontiguousarray(records[:, 1:]).reshape(-1, 3, 32, 32), records[:, 0].astype(np.int64)


CIFAR10 = publish(
    Original(
        name="cifar10",
        files={file: Published(sha256, size=30_730_000) for file, sha256 in _SHA256.items()},
        mirrors=("https://www.cs.toronto.edu/~kriz/",),
        archive=Archive("cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530", "cifar-10-batches-bin"),
        page="https://www.cs.toronto.edu/~kriz/cifar.html",
        parse=parse_batch,
    )
)


@part("data")
def cifar10() -> Dataset:
    """60,000 photos of animals and vehicles as 3 x 32 x 32 colour pixels, 10 classes.

    Raises:
        DataError: a file is damaged, or is nowhere and cannot be downloaded.

    Source: Krizhevsky (2009), "Learning multiple layers of features from tiny images"; class names as in its
    batches.meta.txt.
    """
    *train, (x_test, y_test) = read_original(CIFAR10)
    x_train, y_train = (np.concatenate(arrays) for arrays in zip(*train, strict=True))
    return Dataset("cifar10", x_train, y_train, x_test, y_test, CLASS_NAMES)
