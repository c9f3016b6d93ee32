"""Where every random number comes from: one independent stream for each seed and purpose.

Runs of one seed share the streams of split, sample, order and augment whatever their variant, so a contrast compares
networks that saw the same rows in the same order (common random numbers).
"""

from __future__ import annotations

import zlib
from typing import Literal

import numpy as np

Purpose = Literal["split", "sample", "init", "order", "dropout", "augment", "tune", "bootstrap"]
_NUMBER: dict[str, int] = {
    name: number
    for number, name in enumerate(["split", "sample", "init", "order", "dropout", "augment", "tune", "bootstrap"])
}


def stream(seed: int, purpose: Purpose, *place: int | str) -> np.random.Generator:
    """A generator of its own for `purpose` at `place` (an epoch, a layer's path, a shape) of the run with `seed`.

    Source: NumPy `SeedSequence` with `spawn_key`; SFC64 because dropout draws millions of raw words per second.
    """
    key = (_NUMBER[purpose], *(p if isinstance(p, int) else zlib.crc32(p.encode()) for p in place))
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=key)))
