"""The arrays that both sides read, written once by paribus' loaders.

usage: python -m benchmarks.ours.arrays FOLDER ROWS NAME...

FOLDER gets NAME.npz with x_train, y_train, x_test, y_test; ROWS is how many are kept of each part, 0 for all. Texts lie
end to end in one array of bytes, with their ends beside it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from paribus.data import Dataset, load
from paribus.data.sampling import stratified
from paribus.planning.streams import stream
from paribus.spec import DataSpec

TEXTS = "BENCHMARK_TEXTS"
"""Environment variable with the path of the texts' arrays, for `reviews`."""


def write(folder: Path, name: str, rows: int) -> None:
    """Write the arrays of a registered data set, the same rows whenever it is asked."""
    dataset = load(DataSpec.model_validate({"source": name}), folder)
    train, test = _part(dataset, "train", rows), _part(dataset, "test", rows)
    np.savez(folder / f"{name}.npz", allow_pickle=False, **train, **test)


def reviews() -> dict[str, np.ndarray]:
    """The texts again, as a source of a study."""
    with np.load(os.environ[TEXTS], allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    for part in ("train", "test"):
        blob, ends = arrays.pop(f"bytes_{part}"), arrays.pop(f"ends_{part}")
        texts = [piece.tobytes().decode() for piece in np.split(blob, ends[:-1])]
        arrays[f"x_{part}"] = np.array(texts, object)
    return arrays


def _part(dataset: Dataset, part: str, rows: int) -> dict[str, np.ndarray]:
    x, y = getattr(dataset, f"x_{part}"), getattr(dataset, f"y_{part}")
    if 0 < rows < len(y):
        kept = stratified(y, rows / len(y), stream(0, "sample", "benchmark", part))
        x, y = x[kept], y[kept]
    if not dataset.is_text:
        return {f"x_{part}": x, f"y_{part}": y}
    pieces = [text.encode() for text in x]
    ends = np.cumsum([len(piece) for piece in pieces])
    return {f"bytes_{part}": np.frombuffer(b"".join(pieces), np.uint8), f"ends_{part}": ends, f"y_{part}": y}


if __name__ == "__main__":
    for wanted in sys.argv[3:]:
        write(Path(sys.argv[1]), wanted, int(sys.argv[2]))
