"""Folders of texts, one per class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from paribus.data.dataset import Dataset
from paribus.data.formats.arrays import dataset_from
from paribus.data.formats.folders import files_of_classes
from paribus.data.formats.images import SUFFIXES
from paribus.errors import DataError

_LONGEST = 64 << 20
"""Bytes of a text."""


def holds_texts(folder: Path) -> bool:
    """Whether there are .txt files in the folder, or as deep as CLASS/ or train/CLASS/ lies, and no images.

    Raises:
        DataError: it cannot be read.
    """
    kinds: set[str] = set()
    try:
        for path in (path for depth in ("*", "*/*", "*/*/*") for path in folder.glob(depth)):
            kinds.add(path.suffix.lower())
            if not kinds.isdisjoint(SUFFIXES):
                return False
    except OSError as failed:
        raise DataError(f"{folder} cannot be read: {failed}. Is it the folder that is meant?") from failed
    return ".txt" in kinds


def read_texts(folder: Path, test: float | str) -> Dataset:
    """The data set in a folder with CLASS/*.txt, or train/CLASS/*.txt and test/CLASS/*.txt, in UTF-8.

    Classes are the folders' names, sorted; items are in the order of their paths. A file may be empty.

    Args:
        folder: holds nothing but the texts in their folders.
        test: share of each class held out if there is no test folder.

    Raises:
        DataError: something else lies in the folder, a file is not UTF-8, a class is empty, or the classes are not what
            `dataset_from` allows. It names the file.
    """
    paths = files_of_classes(folder, (".txt",), "text")
    arrays: dict[str, Any] = {}
    for key, part in paths.items():
        arrays[f"x{key}"] = [_read(path) for path in part]
        arrays[f"y{key}"] = [path.parent.name for path in part]
    return dataset_from(arrays, folder.resolve().name, test, lambda key, row: str(paths[key[1:]][row]))


def _read(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > _LONGEST:
            raise DataError(f"{path} has {size:,} bytes. Allowed: {_LONGEST:,} a text. Cut it, or remove it.")
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as failed:
        raise DataError(f"{path} cannot be read as text: {failed}. Save it as UTF-8, or remove it.") from failed
