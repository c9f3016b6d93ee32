"""Broken folders of images and of texts: the letter names the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from broken_files import IMAGE, Case, Make, bytes_of, gzipped, images, write

PNG = bytes_of(IMAGE.save, "png")
JPEG = bytes_of(IMAGE.save, "jpeg")


def texts(change: Callable[[Path], Any]) -> Make:
    """A folder of good texts with one thing that is wrong."""

    def make(folder: Path) -> dict[str, Any]:
        for at in range(8):
            write(folder / "own" / ("bad", "good")[at % 2] / f"{at}.txt", "a film")
        change(folder / "own")
        return {"source": "own"}

    return make


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


@pytest.mark.parametrize("case", FOLDERS)
def test_folders(refused, case: str) -> None:
    refused(*FOLDERS[case], "plan", "run", "show")
