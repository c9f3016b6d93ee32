"""Files with one thing that is wrong, and what a study says to read them."""

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

RNG = np.random.default_rng(0)
IMAGE = Image.fromarray(RNG.integers(0, 256, (32, 32), dtype=np.uint8))
X, Y = RNG.normal(size=(20, 3)), np.arange(20) % 2
HEAD = "a,b,label\n"
ROWS = [f"{row},{row % 7},{row % 2}\n" for row in range(20)]
MNIST, IMDB, REVIEW = "train-images-idx3-ubyte", "aclImdb_v1.tar.gz", "aclImdb/train/neg/0_1.txt"
COUNTS = {"kind": "counts"}
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


def write(path: Path, content: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def file(name: str, content: bytes | str, source: str = "", **values: Any) -> Make:
    """One file; the study names it, or the published set that it is a copy of."""

    def make(folder: Path) -> dict[str, Any]:
        write(folder / name, content)
        return {"source": source or name, **values}

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


def tar(name: str, content: bytes, size: int = 0) -> bytes:
    """A packed archive of one file that says it has `size` bytes."""
    member = tarfile.TarInfo(name)
    member.size = size or len(content)
    return gzipped(member.tobuf() + content)


def show(values: dict[str, Any]) -> list[str]:
    """The words that show the data of a study."""
    columns = ["--text", values.get("text_column", "text")] if "text" in values else []
    return ["data", "show", values["source"], "--label", values.get("label", "label"), *columns]
