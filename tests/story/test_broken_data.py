"""Broken data get one short letter that names the file and the place in it; nothing is written, no bomb goes off."""

import gzip
import io
import lzma
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image

STUDY = {"name": "tiny", "baseline": {"model": {"kind": "mlp", "width": 4}, "epochs": 1}, "seeds": 2}
RNG = np.random.default_rng(0)
IMAGE = Image.fromarray(RNG.integers(0, 256, (32, 32), dtype=np.uint8))
X, Y = RNG.normal(size=(20, 3)), np.arange(20) % 2
HEAD = "a,b,label\n"
ROWS = [f"{row},{row % 7},{row % 2}\n" for row in range(20)]
SIGN = ",".join(["label", *(f"pixel{at}" for at in range(1, 785))]) + "\n"
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

Make = Callable[[Path], Any]
Case = tuple[Make, list[str]]


def gzipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def bytes_of(save: Callable[..., Any], *things: Any, **named: Any) -> bytes:
    file = io.BytesIO()
    save(file, *things, **named)
    return file.getvalue()


def npz(**arrays: Any) -> bytes:
    return bytes_of(np.savez, **arrays)


def idx(*shape: int, items: bytes = b"") -> bytes:
    return bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + items


def sign(*rows: str) -> str:
    return SIGN + "".join(rows)


def pixels(label: object, pixel: object = 7, count: int = 784) -> str:
    return ",".join(map(str, [label, pixel, *[0] * (count - 1)])) + "\n"


def write(path: Path, content: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def file(name: str, content: bytes | str, source: str = "", **values: Any) -> Make:
    """One file; the study names it, or the published set that it is a copy of."""

    def make(folder: Path) -> dict[str, Any]:
        write(folder / name, content)
        return {"source": source or name, **values}

    return make


def csv(text: str, **more: str) -> Make:
    """A CSV file, and perhaps another as test set."""

    def make(folder: Path) -> dict[str, Any]:
        write(folder / "a.csv", text)
        for name in more:
            write(folder / f"{name}.csv", more[name])
        return {"source": "a.csv", **({"test": "test.csv"} if more else {})}

    return make


def images(change: Callable[[Path], Any]) -> Make:
    """A folder of good images with one thing that is wrong."""

    def make(folder: Path) -> dict[str, Any]:
        for name in ("cat", "dog"):
            for at in range(4):
                write(folder / "own" / name / f"{at}.png", bytes_of(IMAGE.save, "png"))
        change(folder / "own")
        return {"source": "own"}

    return make


def parquet(**columns: Any) -> Make:
    return file("a.parquet", bytes_of(pd.DataFrame({"a": X[:, 0], "label": Y, **columns}).to_parquet, index=False))


def own(function: str) -> Make:
    return file("own.py", OWN, f"own:{function}")


def at_7(value: float) -> np.ndarray:
    """Feature a of 20 rows with `value` in row 7."""
    return np.where(np.arange(20) == 7, value, X[:, 0])


def texts(change: Callable[[Path], Any]) -> Make:
    """A folder of good texts with one thing that is wrong."""

    def make(folder: Path) -> dict[str, Any]:
        for at in range(8):
            write(folder / "own" / ("bad", "good")[at % 2] / f"{at}.txt", "a film")
        change(folder / "own")
        return {"source": "own"}

    return make


def tar(name: str, content: bytes, size: int = 0) -> bytes:
    """A packed archive of one file that says it has `size` bytes."""
    member = tarfile.TarInfo(name)
    member.size = size or len(content)
    return gzipped(member.tobuf() + content)


MNIST, SIGN_FILE, CIFAR = "train-images-idx3-ubyte", "sign_mnist_train.csv", "cifar-10-batches-bin/data_batch_1.bin"
PNG = bytes_of(IMAGE.save, "png")
JPEG = bytes_of(IMAGE.save, "jpeg")
NPZ = npz(x=X, y=Y)
IMDB, REVIEW = "aclImdb_v1.tar.gz", "aclImdb/train/neg/0_1.txt"
COUNTS = {"kind": "counts"}
PARQUET = bytes_of(pd.DataFrame({"a": X[:, 0], "label": Y}).to_parquet)

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

TABLES: dict[str, Case] = {
    "empty CSV": (csv(""), ["a.csv is empty"]),
    "CSV of a header": (csv(HEAD), ["a.csv has a header but no rows"]),
    "CSV without the label": (csv("a,b,c\n" + ROWS[0]), ["a.csv has no column 'label'", "a, b, c"]),
    "CSV with too few values": (
        csv(HEAD + "".join(ROWS[:3]) + "4,1\n" + "".join(ROWS)),
        ["a.csv, line 5, column 'label': ''"],
    ),
    "CSV with too many values": (
        csv(HEAD + "".join(ROWS[:3]) + "4,1,0,9\n" + "".join(ROWS)),
        ["a.csv, line 5: 4 values where the header names 3 columns"],
    ),
    "CSV with too many values after a text of two lines": (
        csv(HEAD + '1,2,"0\n"\n\n' + "".join(ROWS[:3]) + "4,1,0,9\n" + "".join(ROWS)),
        ["a.csv, line 8: 4 values where the header names 3 columns"],
    ),
    "CSV with text": (csv(HEAD + "".join(ROWS) + "1,dark,0\n"), ["a.csv, line 22, column 'b': 'dark' is no number"]),
    "CSV with nan": (csv(HEAD + "".join(ROWS) + "1,nan,0\n"), ["a.csv, line 22, column 'b': 'nan'", "missing"]),
    "CSV with inf": (csv(HEAD + "".join(ROWS) + "-inf,1,0\n"), ["a.csv, line 22, column 'a': '-inf' is not finite"]),
    "CSV beyond float32": (csv(HEAD + "".join(ROWS) + "1e39,1,0\n"), ["a.csv, line 22, column 'a': '1e39' is not"]),
    "CSV with an integer beyond float32": (
        csv(HEAD + "".join(ROWS) + f"{10**40},1,0\n"),
        ["a.csv, line 22, column 'a': '1000", "is not finite in float32"],
    ),
    "CSV of one class": (csv(HEAD + "1,2,0\n" * 9), ["a.csv, line 2, column 'label': every label is '0'"]),
    "CSV with a class of one row": (
        csv(HEAD + "".join(ROWS) + "1,2,3\n"),
        ["a.csv, line 22, column 'label': class '3' has only this row"],
    ),
    "CSV packed and cut off": (
        file("a.csv.gz", gzipped((HEAD + "".join(ROWS) * 99).encode())[:-9]),
        ["a.csv.gz cannot be read as CSV", "end-of-stream"],
    ),
    "CSV not packed": (file("a.csv.xz", HEAD + "".join(ROWS)), ["a.csv.xz cannot be read as CSV", "format"]),
    "CSV of other bytes": (file("a.csv", PNG), ["a.csv cannot be read as CSV", "byte 0x89 in position 0"]),
    "empty Parquet": (file("a.parquet", b""), ["a.parquet cannot be read as Parquet", "size is 0"]),
    "Parquet cut off": (file("a.parquet", b"PAR1" + bytes(99)), ["a.parquet cannot be read as Parquet"]),
    "Parquet with changed bytes": (
        file("a.parquet", PARQUET[:-99] + bytes(91) + PARQUET[-8:]),
        ["a.parquet cannot be read as Parquet: "],
    ),
    "Parquet without the label": (
        file("a.parquet", bytes_of(pd.DataFrame({"a": X[:, 0]}).to_parquet)),
        ["a.parquet has no column 'label'"],
    ),
    "Parquet with nan": (parquet(a=at_7(np.nan)), ["a.parquet, row 7, column 'a': ", "missing"]),
    "Parquet with inf": (parquet(a=at_7(np.inf)), ["a.parquet, row 7, column 'a': inf is not finite"]),
    "Parquet beyond float32": (parquet(a=at_7(1e39)), ["a.parquet, row 7, column 'a': 1e+39 is not finite"]),
    "Parquet with text": (parquet(a=["x"] * 20), ["a.parquet, column 'a': ", "is no number"]),
    "CSV without a text": (
        file("a.csv", "label,text\n0,a film\n1\n0,a film\n1,a film\n", text=COUNTS),
        ["a.csv, line 3: 1 values where the header names 2 columns"],
    ),
    "CSV whose texts are taken for labels": (
        file("a.csv", "text,stars\n" + ("a film " * 200 + ",1\n") * 9, label="text", text_column="stars", text=COUNTS),
        ["a.csv, line 2, column 'text': a label of 1,400 characters", "set `data.label`"],
    ),
    "Parquet without a text": (
        file(
            "a.parquet",
            bytes_of(pd.DataFrame({"text": ["a film", None] * 5, "label": Y[:10]}).to_parquet),
            text=COUNTS,
        ),
        ["a.parquet, row 1, column 'text': '' is the first of 5 missing values"],
    ),
}
TABLES_FOR_TESTING: dict[str, Case] = {
    "a column is missing": (
        csv(HEAD + "".join(ROWS), test="a,label\n1,0\n"),
        ["test.csv has other columns than", "a.csv: it lacks ['b']"],
    ),
    "a class is there only": (
        csv(HEAD + "".join(ROWS), test=HEAD + "1,2,0\n1,2,5\n"),
        ["test.csv, line 3, column 'label': class '5' is in the test set but not in training"],
    ),
    "its rows are short": (
        csv(HEAD + "".join(ROWS), test=HEAD + ROWS[0] + "1\n"),
        ["test.csv, line 3, column 'b': '' is the first of 2 missing values"],
    ),
}

FOLDERS: dict[str, Case] = {
    "an image that is empty": (images(lambda own: write(own / "dog/1.png", b"")), ["dog/1.png cannot be read"]),
    "an image that is text": (images(lambda own: write(own / "dog/1.png", "dog")), ["dog/1.png cannot be read"]),
    "an image that is a program": (
        images(
            lambda own: write(own / "dog/1.png", "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")
        ),
        ["dog/1.png cannot be read as an image"],
    ),
    "a PNG cut in the middle": (
        images(lambda own: write(own / "dog/1.png", PNG[: len(PNG) // 2])),
        ["dog/1.png cannot be read as an image: image file is truncated"],
    ),
    "a JPEG cut in the middle": (
        images(lambda own: write(own / "dog/1.jpg", JPEG[: len(JPEG) // 2])),
        ["dog/1.jpg cannot be read as an image: image file is truncated"],
    ),
    "a PNG with a changed byte": (
        images(lambda own: write(own / "dog/1.png", PNG[:20] + b"\xff" + PNG[21:])),
        ["dog/1.png cannot be read as an image"],
    ),
    "a class without images": (images(lambda own: (own / "fox").mkdir()), ["own/fox holds no image"]),
    "a class of one image": (
        images(lambda own: write(own / "fox/0.png", PNG)),
        ["own/fox/0.png: class 'fox' has only this row"],
    ),
    "one class": (images(lambda own: (own / "dog").rename(own.parent / "dog")), ["cat/0.png: every label is 'cat'"]),
    "a class for testing only": (
        images(
            lambda own: [
                own.rename(own.with_name("moved")),
                write(own / "train/cat/0.png", PNG),
                write(own / "train/cat/1.png", PNG),
                write(own / "train/dog/0.png", PNG),
                write(own / "train/dog/1.png", PNG),
                write(own / "test/fox/0.png", PNG),
            ]
        ),
        ["test/fox/0.png: class 'fox' is in the test set but not in training"],
    ),
    "a text that is not UTF-8": (
        texts(lambda own: write(own / "bad/2.txt", "caf\u00e9".encode("latin-1"))),
        ["own/bad/2.txt cannot be read as text: ", "byte 0xe9 in position 3", "Save it as UTF-8"],
    ),
    "a text that is an archive": (
        texts(lambda own: write(own / "bad/2.txt", gzipped(b"a film"))),
        ["own/bad/2.txt cannot be read as text: ", "byte 0x8b in position 1"],
    ),
}

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


def zeros(count: int) -> bytes:
    """A gzip of so many MB of zeros, made of members."""
    return gzipped(bytes(1 << 20)) * count


def huge_png(folder: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0))
    write(
        folder / "dog/1.png",
        b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b""),
    )


def flat_png(folder: Path) -> None:
    Image.new("RGB", (9000, 9000)).save(folder / "dog/1.png")


def packed_npz(folder: Path) -> dict[str, Any]:
    """An honest archive of 512 MB of zeros in half a MB."""
    head = bytes_of(np.save, np.zeros((0, 1 << 20), np.uint8)).replace(b"(0, 1048576)", b"(512, 1048576) ")
    with zipfile.ZipFile(folder / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as member:
            member.write(head)
            for _ in range(512):
                member.write(bytes(1 << 20))
        archive.writestr("y.npy", bytes_of(np.save, np.arange(512) % 2))
    return {"source": "a.npz"}


def lying_npz(folder: Path) -> dict[str, Any]:
    """The same, but the archive says that the array has 1,000 bytes."""
    packed_npz(folder)
    content = (folder / "a.npz").read_bytes()
    with zipfile.ZipFile(folder / "a.npz") as archive:
        size = archive.getinfo("x.npy").file_size
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(b"PK\x01\x02"))  # x.npy in the list at the end
    write(folder / "a.npz", content[:at] + content[at:].replace(struct.pack("<I", size), struct.pack("<I", 1000), 1))
    return {"source": "a.npz"}


def long_runs(folder: Path) -> dict[str, Any]:
    """A Parquet file of 100 million equal rows."""
    table = pa.table({"a": np.zeros(10_000_000, np.int8), "label": np.zeros(10_000_000, np.int8)})
    with pq.ParquetWriter(folder / "a.parquet", table.schema) as writer:
        for _ in range(10):
            writer.write_table(table, row_group_size=10_000_000)
    return {"source": "a.parquet"}


def one_long_text(folder: Path) -> dict[str, Any]:
    """A Parquet file of 200,000 texts, each the same megabyte."""
    text = pa.DictionaryArray.from_arrays(np.zeros(200_000, np.int32), ["a" * (1 << 20)])
    table = pa.table({"text": text, "label": np.arange(200_000) % 2})
    pq.write_table(table, folder / "a.parquet", store_schema=False)  # says that it is a column of plain texts
    return {"source": "a.parquet", "text": COUNTS}


BOMBS: dict[str, Case] = {
    "IDX": (file(f"{MNIST}.gz", zeros(1024), "mnist"), [f"{MNIST}.gz", "holds more than the 47,040,016 bytes"]),
    "CSV in gzip": (
        file("a.csv.gz", zeros(1024)),
        ["a.csv.gz has 1,0", "bytes but unpacks to 2", "200 times its size"],
    ),
    "CSV in xz": (
        file("a.csv.xz", lzma.compress(bytes(1 << 26)) * 16),
        ["a.csv.xz has 1", "bytes but unpacks to 68,157,440", "64 MiB", "unpack the file first"],
    ),
    "CSV of one long line": (file("a.csv.gz", gzipped(b"a," * (1 << 26))), ["a.csv.gz has", "unpacks to 68,157,440"]),
    "NPZ": (packed_npz, ["a.npz has 52", "bytes but unpacks to 536,", "numpy.savez"]),
    "NPZ that lies": (lying_npz, ["a.npz, array 'x' cannot be read: "]),
    "NPZ that promises terabytes": (
        file("a.npz", NPZ.replace(b"(20, 3), }       ", b"(9999999999, 99)}")),
        ["a.npz, array 'x' cannot be read: "],
    ),
    "PNG of 50,000 x 50,000": (images(huge_png), ["dog/1.png cannot be read as an image: Image size (2500000000"]),
    "PNG of 9,000 x 9,000 black pixels": (images(flat_png), ["dog/1.png has", "unpacks to 243,000,000", "smaller"]),
    "Parquet": (long_runs, ["a.parquet has", "bytes but unpacks to 1,600,000,000", "write it as CSV or NPZ"]),
    "Parquet of one long text": (one_long_text, ["a.parquet has", "bytes but unpacks to 209,715,200,000 or more"]),
    "CSV of texts": (
        file("a.csv.gz", gzipped(b"text,label\na") + zeros(1024), text=COUNTS),
        ["a.csv.gz has 1,0", "bytes but unpacks to 2", "200 times its size"],
    ),
    "IMDB with a text of a gigabyte": (
        file(IMDB, tar(REVIEW, b"", size=1 << 30) + zeros(1024), "imdb"),
        [f"{IMDB} is damaged or is not", "train/neg holds more than the 16,289,992 bytes that were published"],
    ),
    "IMDB that unpacks to gigabytes": (
        file(IMDB, tar("aclImdb/README", b"", size=4 << 30) + zeros(4096), "imdb"),
        [f"{IMDB} cannot be read: it unpacks to more than 536,870,912 bytes"],
    ),
}

# Runs a verb and prints the most memory that the process ever held, in MB.
PEAK = """\
import resource, sys
from paribus.cli.main import main
sys.argv = ["paribus", *sys.argv[1:]]
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
try:
    main()
finally:
    with open("/proc/self/status") as status:
        print("peak", next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM")))
"""


def show(values: dict[str, Any]) -> list[str]:
    """The words that show the data of a study."""
    columns = ["--text", values.get("text_column", "text")] if "text" in values else []
    return ["data", "show", values["source"], "--label", values.get("label", "label"), *columns]


@pytest.fixture
def refused(cli, folder: Path, contents, monkeypatch: pytest.MonkeyPatch):
    """Plan and run a study on data that are broken, show them, and read the messages."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("PARIBUS_DATA", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))

    def call(make: Make, expected: list[str], *verbs: str) -> None:
        values = make(folder)
        (folder / "tiny.yaml").write_text(yaml.safe_dump({**STUDY, "data": values}))
        before = contents()
        for verb in verbs:
            words = [*show(values), "-o", "a.html"] if verb == "show" else [verb, "tiny.yaml"]
            done = cli(*words)
            assert (done.code, done.out) == (2, ""), done
            for word in expected:
                assert word in done.err
            assert done.err.startswith("Error: ")
            assert (done.err.count("Error: "), done.err.count("Traceback")) == (1, 0)
            assert len(done.err.splitlines()) == 1
            assert contents() == before

    return call


@pytest.mark.parametrize("case", PUBLISHED)
def test_published_files(refused, case: str) -> None:
    refused(*PUBLISHED[case], "plan", "run", "show")


@pytest.mark.parametrize("case", TABLES)
def test_tables(refused, case: str) -> None:
    refused(*TABLES[case], "plan", "run", "show")


@pytest.mark.parametrize("case", TABLES_FOR_TESTING)
def test_tables_for_testing(refused, case: str) -> None:
    refused(*TABLES_FOR_TESTING[case], "plan", "run")


@pytest.mark.parametrize("case", FOLDERS)
def test_folders(refused, case: str) -> None:
    refused(*FOLDERS[case], "plan", "run", "show")


@pytest.mark.parametrize("case", ARRAYS)
def test_arrays(refused, case: str) -> None:
    refused(*ARRAYS[case], "plan", "run", "show")


@pytest.mark.parametrize("case", FUNCTIONS)
def test_functions(refused, case: str) -> None:
    refused(*FUNCTIONS[case], "plan", "run", "show")


@pytest.mark.parametrize("case", BOMBS)
def test_bombs_are_refused_in_little_memory(folder: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    make, expected = BOMBS[case]
    monkeypatch.setenv("PARIBUS_DATA", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    words = [sys.executable, "-c", PEAK, *show(make(folder))]
    before = sorted(folder.rglob("*"))
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2, done
    for word in expected:
        assert word in done.stderr
    assert (len(done.stderr.splitlines()), sorted(folder.rglob("*"))) == (1, before)
    assert int(done.stdout.removeprefix("peak ")) < 200


def test_what_is_packed_well_but_small_is_read(cli, folder: Path) -> None:
    np.savez_compressed(folder / "a.npz", x=np.zeros((60, 100_000), np.uint8), y=np.arange(60) % 2)
    (folder / "a.csv.gz").write_bytes(gzipped((HEAD + "1,2,0\n1,2,1\n" * 9999).encode()))
    for name in ("a.npz", "a.csv.gz"):
        assert cli("data", "show", name).code == 0
