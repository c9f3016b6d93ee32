"""The data as workers and reports map them: arrays in a folder named by their fingerprint."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from paribus.data.checks import describe
from paribus.data.dataset import Dataset
from paribus.data.text.stored import read_texts, write_texts
from paribus.errors import DataError
from paribus.store.checksums import is_damaged, is_whole
from paribus.store.keys import checked_key
from paribus.store.records.study import DataFacts
from paribus.store.writing import remove_damaged, written

_PARTS = ("x_train", "y_train", "x_test", "y_test")


def prepare(dataset: Dataset, home: Path) -> tuple[Path, dict[str, Any]]:
    """Lay the data set out for workers and reports, once; what is there is used again, unless it is damaged.

    Args:
        dataset: to be laid out.
        home: directory of the store.

    Returns:
        The folder with `x_train.npy`, `y_train.npy`, `x_test.npy` and `y_test.npy`, where for texts the two of x are in
        the folder `texts`, see `write_texts`; and the data set's description.

    Raises:
        StoreError: the disk is full, or the home cannot be written.
    """
    folder = _folder(home, dataset.fingerprint)
    if not is_whole(folder):
        with written(folder) as temporary:
            temporary.mkdir()
            for name in _PARTS[1::2] if dataset.is_text else _PARTS:
                np.save(temporary / f"{name}.npy", getattr(dataset, name), allow_pickle=False)
            (temporary / "description.json").write_text(json.dumps(describe(dataset)), encoding="utf-8")
            remove_damaged(folder)
    if dataset.is_text:
        write_texts(dataset, folder)
    stored = json.loads((folder / "description.json").read_text(encoding="utf-8"))
    return folder, {**stored, "name": dataset.name, "notes": list(dataset.notes)}  # no part of the fingerprint


def mapped(dataset: Dataset, folder: Path) -> Dataset:
    """The same data set in no memory of its own: its arrays are mapped from the folder that `prepare` laid out.

    Texts are left out: who needs them reads them.

    Raises:
        DataError: a file is damaged or missing.
    """
    names = _PARTS[1::2] if dataset.is_text else _PARTS
    try:
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names}
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{folder} is damaged: {error}. The same command makes it anew from the data.") from error
    if dataset.is_text:
        arrays |= {name: np.empty_like(getattr(dataset, name)) for name in _PARTS[::2]}
    copy = replace(dataset, **arrays)
    vars(copy)["fingerprint"] = dataset.fingerprint  # known, and not to be found out again
    return copy


def prepared(home: Path, facts: DataFacts) -> Dataset | None:
    """The data set of a stored study, its arrays mapped from their files; None where they are not there, or damaged.

    Args:
        home: that the study ran in.
        facts: of the data set, in the study's record.
    """
    folder = _folder(home, facts.fingerprint)
    if not folder.is_dir() or is_damaged(folder):
        return None
    texts = {} if facts.item_shape else read_texts(folder)
    names = _PARTS[1::2] if texts else _PARTS
    if texts is None or not all((folder / f"{name}.npy").is_file() for name in names):
        return None
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in names}
    return Dataset(facts.name, **texts, **arrays, class_names=facts.class_names)


def _folder(home: Path, fingerprint: str) -> Path:
    return home / "data" / checked_key(fingerprint)
