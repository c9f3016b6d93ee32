"""How long training will take, before anything trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RATE = 130e9
"""Multiplications and additions per second of one thread, on the machine of the design's measurements."""

OVERHEAD_S = 120e-6
"""Seconds that a step costs one stacked run beside its arithmetic, on that machine."""

PRIOR_S = 10.0
"""Predicted seconds of an imaginary run that took as long as predicted, which counts before any is done."""


@dataclass(frozen=True)
class Pace:
    """How long this machine takes compared with the prediction.

    Args:
        start_s: seconds of each run beside its training, as for its evaluation.
        factor: seconds for each second predicted.
    """

    start_s: float = 0.0
    factor: float = 1.0

    def time_s(self, predicted_s: float, runs: int = 1) -> float:
        """Seconds that runs take one thread.

        Args:
            predicted_s: for all of them, see `predicted_time_s`.
            runs: how many they are.
        """
        return self.start_s * runs + self.factor * predicted_s


def predicted_time_s(operations: int, rows: int, epochs: int, batch_size: int) -> float:
    """Seconds that one run takes one thread, by arithmetic and overhead alone.

    A backward pass takes twice the operations of a forward pass. What a machine really takes is a multiple of this,
    see `fitted`, that its runs so far tell.

    Args:
        operations: multiplications and additions of a forward pass, an item.
        rows: training rows.
        epochs: passes over them.
        batch_size: rows per step.
    """
    steps = epochs * -(-rows // batch_size)
    return 3.0 * operations * rows * epochs / RATE + steps * OVERHEAD_S


def fitted(taken_s: Sequence[float], predicted_s: Sequence[float]) -> Pace | None:
    """The pace of finished runs, by least squares of seconds; None without any.

    Beside them counts one run of `PRIOR_S` that takes what is predicted, as runs too short to tell their arithmetic
    from their start, such as those of a quick look, say nothing of long ones.
    """
    if not taken_s:
        return None
    from scipy.optimize import nnls  # late, as it takes a quarter of a second, and no worker needs it

    runs, times_s = np.column_stack([np.ones(len(taken_s)), predicted_s]), np.asarray(taken_s)
    (start_s, factor), _ = nnls(np.vstack([runs, [0.0, PRIOR_S]]), np.append(times_s, PRIOR_S))
    return Pace(float(start_s), float(factor))
