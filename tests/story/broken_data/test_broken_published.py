"""Broken files of the published data sets: the letter names the file and the place in it."""

import struct

import pytest
from broken_files import IMDB, MNIST, REVIEW, RNG, Case, file, gzipped, tar

SIGN = ",".join(["label", *(f"pixel{at}" for at in range(1, 785))]) + "\n"
SIGN_FILE, CIFAR = "sign_mnist_train.csv", "cifar-10-batches-bin/data_batch_1.bin"


def idx(*shape: int, items: bytes = b"") -> bytes:
    return bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + items


def sign(*rows: str) -> str:
    return SIGN + "".join(rows)


def pixels(label: object, pixel: object = 7, count: int = 784) -> str:
    return ",".join(map(str, [label, pixel, *[0] * (count - 1)])) + "\n"


PUBLISHED: dict[str, Case] = {
    "IDX cut off": (
        file(MNIST, idx(60000, 28, 28, items=bytes(99)), "mnist"),
        [f"{MNIST} has 115 bytes where its header (60000, 28, 28) asks for 47040016"],
    ),
    "IDX of another kind": (file(MNIST, b"\x7fELF" + bytes(20), "mnist"), [MNIST, "starts with 7f 45 4c 46"]),
    "IDX of too many dimensions": (
        file(MNIST, idx(*[1] * 200, items=b"1"), "mnist"),
        [MNIST, "00 00 08 c8", "1 to 32"],
    ),
    "IDX that promises terabytes": (
        file(MNIST, idx(2**32 - 1, 2**10, 2**10), "mnist"),
        [f"{MNIST} has 16 bytes", "asks for 4503599626321936"],
    ),
    "IDX that is empty": (file(MNIST, b"", "mnist"), [MNIST, "starts with nothing"]),
    "IDX packed and cut off": (
        file(f"{MNIST}.gz", gzipped(idx(9, 28, 28, items=RNG.bytes(7056)))[:-3000], "fashion_mnist"),
        [f"{MNIST}.gz is damaged", "it cannot be read (after byte 0 of 47,040,016: Compressed file ended"],
    ),
    "IDX that is changed": (
        file(MNIST, idx(1, 2, 2, items=b"abcd"), "mnist"),
        [f"{MNIST} is damaged or is not", "published was ba891046"],
    ),
    "CIFAR-10 with label 10": (
        file(CIFAR, bytes(3073) + b"\x0a" + bytes(3072), "cifar10"),
        [f"{CIFAR}, record 1: the label is 10. Allowed: 0 to 9"],
    ),
    "CIFAR-10 cut off": (file(CIFAR, bytes(3072), "cifar10"), [f"{CIFAR} has 3072 bytes", "records of 3,073"]),
    "signs with label 9": (
        file(SIGN_FILE, sign(pixels(1), pixels(9)), "sign_mnist"),
        [f"{SIGN_FILE}, line 3: the label is 9. Allowed: 0 to 24 without 9"],
    ),
    "signs with label 25": (
        file(SIGN_FILE, sign(pixels(25)), "sign_mnist"),
        [f"{SIGN_FILE}, line 2: the label is 25. Allowed: 0 to 24"],
    ),
    "signs with pixel 256": (
        file(SIGN_FILE, sign(pixels(1), pixels(2, 256)), "sign_mnist"),
        [SIGN_FILE, "column #1: line 3: ", "invalid value '256'"],
    ),
    "signs with text": (
        file(SIGN_FILE, sign(pixels(1), pixels(2), pixels(2, "dark")), "sign_mnist"),
        [SIGN_FILE, "line 4: ", "invalid value 'dark'"],
    ),
    "signs with a short row": (
        file(SIGN_FILE, sign(pixels(1), pixels(2, count=9)), "sign_mnist"),
        [SIGN_FILE, "line 3: Expected 785 columns, got 10"],
    ),
    "signs with a long row": (
        file(SIGN_FILE, sign(pixels(1), pixels(2, count=785)), "sign_mnist"),
        [SIGN_FILE, "line 3: Expected 785 columns, got 786"],
    ),
    "signs without a column": (
        file(SIGN_FILE, sign(pixels(1)).replace(",pixel784", ""), "sign_mnist"),
        [SIGN_FILE, "784 columns. Asked: label, pixel1 to pixel784"],
    ),
    "signs without rows": (file(SIGN_FILE, SIGN, "sign_mnist"), [f"{SIGN_FILE} holds no rows"]),
    "IMDB cut in the middle": (
        file(IMDB, tar(REVIEW, RNG.bytes(99_999))[:50_000], "imdb"),
        [f"{IMDB} cannot be read: after byte 40,960: Compressed file ended before the end"],
    ),
}


@pytest.mark.parametrize("case", PUBLISHED)
def test_published_files(refused, case: str) -> None:
    refused(*PUBLISHED[case], "plan", "run", "show")
