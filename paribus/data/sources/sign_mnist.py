"""Sign Language MNIST."""

from __future__ import annotations

import numpy as np

from paribus.data.dataset import Dataset
from paribus.data.locate import Original, Published, publish, read_original
from paribus.errors import DataError
from paribus.spec.parts import part

CLASS_NAMES = tuple("ABCDEFGHIKLMNOPQRSTUVWXY")  # J and Z are signed by a movement
_J = 9
LEAK = (
    "The training file was made from 1,704 photos by augmentation, so validation rows drawn from it have near copies "
    "among the training rows: validation reads near 100 % where an MLP gets 75 to 85 % on the test set. Don't believe "
    "validation scores on it."
)


def parse_csv(content: bytes, where: str) -> tuple[np.ndarray, np.ndarray]:
    """The images in one of the two CSV files: a header, then a label and 784 pixels per line.

    Args:
        content: the whole file.
        where: what an error calls the file.

    Returns:
        Items of shape (row, 28, 28), uint8, and labels of shape (row,), int64: 0 to 23, as there is no J.

    Raises:
        DataError: the file has other columns, or values that are not what they say.
    """
    import pyarrow as pa
    from pyarrow import csv

    names = content.partition(b"\n")[0].decode(errors="replace").strip().split(",")
    if names != ["label", *(f"pixel{number}" for number in range(1, 785))]:
        raise DataError(f"{where} has {len(names)} columns. Asked: label, pixel1 to pixel784. Replace the file.")
    types = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.uint8()), null_values=[])
    one_thread = csv.ReadOptions(use_threads=False)  # only then it says in which row a mistake is
    try:
        table = csv.read_csv(pa.BufferReader(content), convert_options=types, read_options=one_thread)
    except pa.ArrowInvalid as failed:
        raise DataError(f"{where} cannot be read: {failed}. Replace the file.".replace("Row #", "line ")) from failed
    labels = table["label"].to_numpy().astype(np.int64)
    bad = np.flatnonzero((labels > 24) | (labels == _J))
    if len(bad) or len(labels) == 0:
        found = f", line {bad[0] + 2}: the label is {labels[bad[0]]}" if len(bad) else " holds no rows"
        raise DataError(f"{where}{found}. Allowed: 0 to 24 without 9. Replace the file.")
    pixels = np.empty((len(labels), 784), np.uint8)
    for at, name in enumerate(names[1:]):
        pixels[:, at] = table[name].to_numpy()
    return pixels.reshape(-1, 28, 28), labels - (labels > _J)


SIGN_MNIST = publish(
    Original(
        name="sign_mnist",
        files={
            "sign_mnist_train.csv": Published(
                "4c2897f19fab2b0ae2a7e4fa82e969043315d9f3a1a9cc0948b576bf1189a7e5", size=83_281_065
            ),
            "sign_mnist_test.csv": Published(
                "0e9d67bae23e67f40728e0b63bf15ad4bd5175947b8a9fac5dd9f17ce133c47b", size=21_777_485
            ),
        },
        page="https://www.kaggle.com/datasets/datamunge/sign-language-mnist",
        parse=parse_csv,
    )
)


@part("data")
def sign_mnist() -> Dataset:
    """34,627 photos of hands that sign letters as 28 x 28 grey pixels, 24 classes: A to Y without J.

    Raises:
        DataError: a file is damaged or is nowhere; it says where to get it.

    Source: tecperson, "Sign Language MNIST", Kaggle (2017).
    """
    (x_train, y_train), (x_test, y_test) = read_original(SIGN_MNIST)
    return Dataset("sign_mnist", x_train, y_train, x_test, y_test, CLASS_NAMES, notes=(LEAK,))
