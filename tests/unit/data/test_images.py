"""Folders of images, written by Pillow."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from paribus import Study
from paribus.data import load
from paribus.errors import DataError, SpecError
from paribus.spec.data import DataSpec

RNG = np.random.default_rng(0)
GREY = {f"{name}/{at}.png": RNG.integers(0, 256, (4, 6), dtype=np.uint8) for name in "ba" for at in range(3)}
COLOUR = RNG.integers(0, 256, (4, 6, 3), dtype=np.uint8)


def write(folder: Path, images: dict[str, np.ndarray]) -> Path:
    for name, pixels in images.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / name)
    return folder


def read(folder: Path, **values: Any) -> Any:
    return load(DataSpec(source=folder.name, **values), folder.parent)


def test_train_and_test_in_the_order_of_their_paths(tmp_path: Path) -> None:
    write(tmp_path / "own" / "train", GREY)
    write(tmp_path / "own" / "test", {"a/x.PNG": COLOUR[:, :, 0]})
    data = read(tmp_path / "own")
    assert data.class_names == ("a", "b")
    assert data.name == "own"
    assert data.y_train.tolist() == [0, 0, 0, 1, 1, 1]
    assert np.array_equal(data.x_train, np.stack([GREY[name] for name in sorted(GREY)]))
    assert np.array_equal(data.x_test, COLOUR[None, :, :, 0])


def test_without_a_test_folder_a_share_is_held_out(tmp_path: Path) -> None:
    data = read(write(tmp_path / "own", GREY), test=0.34)
    assert (data.x_train.shape, data.x_test.shape) == ((4, 4, 6), (2, 4, 6))
    assert data.y_test.tolist() == [0, 1]


def test_one_colour_image_makes_all_of_them_colour(tmp_path: Path) -> None:
    data = read(write(tmp_path / "own", {**GREY, "a/3.png": COLOUR}), test=0.34)
    rows = np.concatenate([data.x_train, data.x_test])
    assert rows.shape[1:] == (3, 4, 6)
    assert any(np.array_equal(row, COLOUR.transpose(2, 0, 1)) for row in rows)
    assert any(np.array_equal(row, np.stack([GREY["a/0.png"]] * 3)) for row in rows)


def test_transparency_palette_and_jpeg(tmp_path: Path) -> None:
    folder = write(tmp_path / "own", {**GREY, "a/3.png": np.dstack([COLOUR, COLOUR[:, :, :1]])})
    Image.fromarray(COLOUR).quantize(256).save(folder / "b" / "3.png")
    Image.fromarray(np.full((4, 6), 90, np.uint8)).save(folder / "b" / "4.jpeg")
    data = read(folder, test=0.34)
    rows = np.concatenate([data.x_train, data.x_test])
    assert sum(np.array_equal(row, COLOUR.transpose(2, 0, 1)) for row in rows) >= 1
    assert any((row == 90).all() for row in rows)


def test_a_photograph_is_turned_as_its_exif_says(tmp_path: Path) -> None:
    folder = write(tmp_path / "own", GREY)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter clockwise
    Image.fromarray(GREY["a/0.png"]).rotate(90, expand=True).save(folder / "a" / "0.png", exif=exif)
    assert read(folder, test=0.34).fingerprint == read(write(tmp_path / "2" / "own", GREY), test=0.34).fingerprint


@pytest.mark.parametrize(("size", "shape"), [(2, (2, 2)), ([2, 3], (2, 3))])
def test_images_are_resized(tmp_path: Path, size: Any, shape: tuple[int, int]) -> None:
    flat = {f"{name}/{at}.png": np.full((4 + at, 6), 50 + at, np.uint8) for name in "ab" for at in range(3)}
    data = read(write(tmp_path / "own", flat), test=0.34, image_size=size)
    assert data.item_shape == shape
    rows = np.concatenate([data.x_train, data.x_test])
    assert sorted(row.max() for row in rows) == sorted(row.min() for row in rows) == [50, 50, 51, 51, 52, 52]


@pytest.mark.parametrize("size", [0, True, [2], [2, 0], "28", 2.5])
def test_sizes_that_cannot_be(size: Any) -> None:
    with pytest.raises(SpecError, match=r"data\.image_size: must be a side or \[height, width\] in pixels, found"):
        Study(name="a", data={"source": "x", "image_size": size})  # pyright: ignore[reportArgumentType]


def damage(folder: Path) -> None:
    whole = (folder / "a" / "1.png").read_bytes()
    (folder / "a" / "1.png").write_bytes(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (damage, r"a/1\.png cannot be read as an image: "),
        (lambda f: (f / "a" / "0.png").write_text(""), r"a/0\.png cannot be read as an image: cannot identify"),
        (lambda f: (f / "a" / ".DS_Store").write_text(""), r"a also holds \.DS_Store\. Allowed there: \.png"),
        (lambda f: (f / "a" / "notes.txt").write_text(""), r"a also holds notes\.txt\."),
        (
            lambda f: (f / "labels.csv").write_text(""),
            r"own also holds labels\.csv\. Allowed there: one folder per class",
        ),
        (lambda f: (f / "c").mkdir(), r"own/c holds no image\."),
        (lambda f: (f / "train").mkdir(), r"own also holds a, b\. Allowed there: train/ and test/"),
        (
            lambda f: write(f, {"a/9.png": COLOUR[:3]}),
            r"a/9\.png is 3 x 6 pixels where .*a/0\.png is 4 x 6.*image_size",
        ),
        (lambda f: write(f, {"a/9.png": np.ones((4, 6), np.uint16)}), r"a/9\.png has pixels of mode I;16\. Allowed: 8"),
        (lambda f: write(f, {"z/0.png": COLOUR}), r"own, .*own/z/0\.png: class 'z' has only this row"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, change: Callable[[Path], Any], message: str) -> None:
    change(write(tmp_path / "own", GREY))
    with pytest.raises(DataError, match=message):
        read(tmp_path / "own", test=0.34)


def test_train_without_test(tmp_path: Path) -> None:
    write(tmp_path / "own" / "train", GREY)
    with pytest.raises(DataError, match=r"own/test does not exist\. Beside a train or test folder"):
        read(tmp_path / "own")
