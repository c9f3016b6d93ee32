"""The data as workers map them: plain arrays in a folder named by their fingerprint."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from paribus.data.checks import describe
from paribus.data.dataset import Dataset


def prepare(dataset: Dataset, home: Path) -> tuple[Path, dict[str, Any]]:
    """Lay the data set out for workers, once; what is there is used again.

    Returns:
        The folder with `x_train.npy`, `y_train.npy`, `x_test.npy` and `y_test.npy`, and the data set's description.
    """
    folder = home / "data" / dataset.fingerprint
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".writing-"))
        for name in ("x_train", "y_train", "x_test", "y_test"):
            np.save(temporary / f"{name}.npy", getattr(dataset, name), allow_pickle=False)
        (temporary / "description.json").write_text(json.dumps(describe(dataset)), encoding="utf-8")
        try:
            os.rename(temporary, folder)
        except OSError:  # another process was faster
            shutil.rmtree(temporary)
    return folder, json.loads((folder / "description.json").read_text(encoding="utf-8"))
