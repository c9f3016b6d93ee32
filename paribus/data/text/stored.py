"""Texts as files: the bytes of all, one after the other, and where each one ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from paribus.data.dataset import Dataset
from paribus.store.checksums import is_whole
from paribus.store.writing import remove_damaged, written

_FOLDER = "texts"


def write_texts(dataset: Dataset, folder: Path) -> None:
    """Write a data set's texts into `texts` in its prepared folder, unless they are there and whole.

    `x_train.npy` and `x_test.npy` are the texts in UTF-8, uint8; `x_train_ends.npy` and `x_test_ends.npy` say where
    each of them ends, int64, shape (row,).

    Raises:
        StoreError: the disk is full, or the folder cannot be written.
    """
    target = folder / _FOLDER
    if is_whole(target):
        return
    with written(target) as temporary:
        temporary.mkdir()
        for name in ("x_train", "x_test"):
            texts = [text.encode() for text in getattr(dataset, name)]
            np.save(temporary / f"{name}.npy", np.frombuffer(b"".join(texts), np.uint8), allow_pickle=False)
            np.save(temporary / f"{name}_ends.npy", np.cumsum([len(text) for text in texts], dtype=np.int64))
        remove_damaged(target)


def read_texts(folder: Path) -> dict[str, np.ndarray] | None:
    """The texts that `write_texts` wrote, `x_train` and `x_test`, objects of shape (row,); None if they are damaged."""
    if not is_whole(folder / _FOLDER):
        return None
    return {name: _texts(folder / _FOLDER / f"{name}.npy") for name in ("x_train", "x_test")}


def _texts(path: Path) -> np.ndarray:
    content = np.load(path, mmap_mode="r", allow_pickle=False)
    ends = np.load(path.with_name(f"{path.stem}_ends.npy"), allow_pickle=False)
    texts = np.empty(len(ends), object)
    for place, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True)):
        texts[place] = content[start:end].tobytes().decode()
    return texts
