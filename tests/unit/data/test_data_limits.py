"""Small files from anybody that would fill the memory, or that name what lies elsewhere: refused with a number."""

from __future__ import annotations

import os
import struct
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from paribus.data import load
from paribus.data.download import unpack
from paribus.data.formats.idx import parse_idx
from paribus.errors import DataError
from paribus.spec.data import DataSpec


@contextmanager
def within(most: int) -> Iterator[None]:
    """Python and NumPy take at most so many bytes at a time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def read(folder: Path, name: str) -> object:
    return load(DataSpec(source=name), folder)


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_one_long_label_is_held_once(tmp_path: Path, suffix: str) -> None:
    """NumPy would give each of 100,000 rows the 4,000 bytes of the longest."""
    labels = ["a"] * 99_998 + ["b" * 1_000] * 2
    frame = pd.DataFrame({"x": np.zeros(100_000, np.float32), "label": labels})
    path = tmp_path / f"wide{suffix}"
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_csv(path, index=False)
    with within(100 << 20):
        dataset = load(DataSpec(source=path.name, test=0.5), tmp_path)
    assert dataset.class_names == ("a", "b" * 1_000)
    assert (len(dataset.y_train), dataset.y_train.sum() + dataset.y_test.sum()) == (50_000, 2)


def test_a_folder_of_images_is_limited_as_a_file_is(tmp_path: Path) -> None:
    Image.new("L", (7_000, 7_000)).save(tmp_path / "flat.png")
    for name in ("a/1", "a/2", "b/1", "b/2"):
        (tmp_path / "flat" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "flat" / f"{name}.png").write_bytes((tmp_path / "flat.png").read_bytes())
    for size in (None, 8):
        with (
            within(250 << 20),
            pytest.raises(DataError, match=r"flat has [\d,]+ bytes but unpacks to 147,000,000") as told,
        ):
            load(DataSpec(source="flat", image_size=size), tmp_path)
        assert "Allowed: 200 times its size, or 128 MiB. If it is meant so, save them in one NPZ" in str(told.value)


def test_labels_are_few_and_short(tmp_path: Path) -> None:
    np.savez(tmp_path / "many.npz", x=np.zeros((12_000, 1)), y=np.arange(12_000) // 2)
    with pytest.raises(DataError, match="many.npz: 6,000 different labels, the first '0'. Allowed: 5,000 classes"):
        read(tmp_path, "many.npz")
    np.savez(tmp_path / "long.npz", x=np.zeros((20, 1)), y=np.array(["a", "b" * 1_001] * 10))
    with pytest.raises(DataError, match="has 1,001 characters, or some that cannot be printed. Allowed: 1,000"):
        read(tmp_path, "long.npz")
    np.savez(tmp_path / "odd.npz", x=np.zeros((20, 1)), y=np.array(["a", "b\x1b[2J"] * 10))
    with pytest.raises(DataError, match=r"the label 'b\\\\x1b\[2J' has"):
        read(tmp_path, "odd.npz")


@pytest.mark.parametrize("point", [0x11_0000, 0xFFFF_FFFF])
def test_what_is_no_character_is_told(tmp_path: Path, point: int) -> None:
    text = np.array([point, 65] * 10, np.uint32).view("<U1")
    np.savez(tmp_path / "odd.npz", x=np.zeros((20, 1)), y=text)
    with pytest.raises(DataError, match=f"y is no array: {point} is no character"):
        read(tmp_path, "odd.npz")


def test_values_of_no_bytes_are_not_endless(tmp_path: Path) -> None:
    header = np.lib.format.magic(1, 0)
    text = f"{{'descr': '<U0', 'fortran_order': False, 'shape': ({10**15},), }}".ljust(117) + "\n"
    with zipfile.ZipFile(tmp_path / "endless.npz", "w") as file:
        for name in ("x", "y"):
            file.writestr(f"{name}.npy", header + struct.pack("<H", len(text)) + text.encode())
    with pytest.raises(DataError, match="endless.npz"):
        read(tmp_path, "endless.npz")


def test_an_idx_file_that_holds_nothing_is_told() -> None:
    for shape in [(0,), (0, 2**32 - 1, 2**32 - 1, 2**32 - 1), (2**31, 0, 2**31)]:
        content = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
        with pytest.raises(DataError, match="so that it holds nothing"):
            parse_idx(content, "idx")


def texts_in(*folders: Path) -> None:
    for folder in folders:
        for name in ("a/1", "a/2", "b/1", "b/2"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.txt").write_text(f"{folder} {name}")


@pytest.mark.parametrize(("link", "target"), [("a/3.txt", "a/1.txt"), ("c", "a"), ("test", "")])
def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, link: str, target: str) -> None:
    texts_in(tmp_path / "texts" / ("train" if link == "test" else ""), tmp_path / "elsewhere")
    (tmp_path / "texts" / link).symlink_to(tmp_path / "elsewhere" / target)
    with pytest.raises(DataError, match=r"is a link to .*, out of .*texts. Copy it there, or remove the link"):
        load(DataSpec(source="texts"), tmp_path)


def test_links_within_the_folder_are_followed(tmp_path: Path) -> None:
    texts_in(tmp_path / "texts")
    os.symlink("../b/1.txt", tmp_path / "texts" / "a" / "3.txt")
    (tmp_path / "linked").symlink_to(tmp_path / "texts")
    for name in ("texts", "linked"):
        dataset = load(DataSpec(source=name, test=0.5), tmp_path)
        assert len(dataset.x_train) + len(dataset.x_test) == 5


@pytest.mark.parametrize("folder", ["/proc", "/dev"])
def test_folders_of_the_system_are_told(folder: str) -> None:
    with pytest.raises(DataError):
        load(DataSpec(source=folder), Path("/"))


def test_a_table_of_too_many_columns_is_told(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text(",".join(f"x{at}" for at in range(100_001)) + ",label\n")
    with pytest.raises(DataError, match="has 100,002 columns. Allowed: 100,000"):
        read(tmp_path, "wide.csv")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"a,label\n{'9' * 400},0\nx,1\n1,0\n2,1\n", "'x' is no number"),
        (f"a,label\n{'9' * 400},0\n0,1\n1,0\n2,1\n", "is not finite in float32"),
    ],
)
def test_a_number_beyond_float64_is_told(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "large.csv").write_text(text)
    with pytest.raises(DataError, match=words):
        read(tmp_path, "large.csv")


def test_names_of_classes_are_texts_too(tmp_path: Path) -> None:
    names = np.array([0x11_0000, 65], np.uint32).view("<U1")
    np.savez(tmp_path / "odd.npz", x=np.zeros((20, 1)), y=np.arange(20) % 2, class_names=names)
    with pytest.raises(DataError, match="class_names is no array: 1114112 is no character"):
        read(tmp_path, "odd.npz")


def test_a_column_of_labels_without_any_is_told(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": np.zeros(4, np.float32), "label": np.full(4, np.nan)})
    frame.to_parquet(tmp_path / "none.parquet")
    with pytest.raises(DataError, match="column 'label': '' is the first of 4 missing values"):
        read(tmp_path, "none.parquet")


@pytest.mark.parametrize("size", range(12))
def test_a_packed_archive_that_ends_in_its_first_bytes_is_told(tmp_path: Path, size: int) -> None:
    (tmp_path / "a.tar.gz").write_bytes(bytes.fromhex("1f8b08080000000002ff61ff")[:size])
    with pytest.raises(DataError, match="cannot be unpacked"):
        unpack(tmp_path / "a.tar.gz", ["a.txt"], tmp_path / "there")
