"""The data as workers map them: plain arrays in a folder named by their fingerprint; texts as counts of their terms."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from paribus.data.checks import describe
from paribus.data.dataset import Dataset
from paribus.data.text.tokens import write_tokens
from paribus.spec import Preparation


def prepare(dataset: Dataset, home: Path, preparations: Iterable[Preparation]) -> tuple[Path, dict[str, Any]]:
    """Lay the data set out for workers, once; what is there is used again.

    Args:
        dataset: to be laid out.
        home: directory of the store.
        preparations: those of all recipes, which say what texts are counted by.

    Returns:
        The folder with `x_train.npy`, `y_train.npy`, `x_test.npy` and `y_test.npy`, where for texts the two of x are
        what `write_tokens` writes; and the data set's description.
    """
    folder = home / "data" / dataset.fingerprint
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".writing-"))
        for name in ("y_train", "y_test") if dataset.is_text else ("x_train", "y_train", "x_test", "y_test"):
            np.save(temporary / f"{name}.npy", getattr(dataset, name), allow_pickle=False)
        (temporary / "description.json").write_text(json.dumps(describe(dataset)), encoding="utf-8")
        try:
            os.rename(temporary, folder)
        except OSError:  # another process was faster
            shutil.rmtree(temporary)
    for preparation in preparations:
        if preparation.text:
            write_tokens(dataset, folder, preparation.text)
    return folder, json.loads((folder / "description.json").read_text(encoding="utf-8"))
