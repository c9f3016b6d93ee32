"""How long training will take, before anything trains."""

from __future__ import annotations

RATE = 130e9
"""Multiplications and additions a second of one thread, on the machine of the design's measurements."""

OVERHEAD_S = 120e-6
"""Seconds a step costs one stacked run beside its arithmetic, on that machine."""


def predicted_time_s(operations: int, rows: int, epochs: int, batch_size: int) -> float:
    """Seconds that one run takes one thread, by arithmetic and overhead alone.

    A backward pass takes twice the operations of a forward pass. What a machine really takes is a multiple of this,
    which `calibration` finds from runs that it has done.

    Args:
        operations: multiplications and additions of a forward pass, an item.
        rows: training rows.
        epochs: passes over them.
        batch_size: rows a step.
    """
    steps = epochs * -(-rows // batch_size)
    return 3.0 * operations * rows * epochs / RATE + steps * OVERHEAD_S


def calibration(taken_s: list[float], predicted_s: list[float]) -> float | None:
    """Seconds taken for each second predicted; None without any run to go by."""
    return sum(taken_s) / sum(predicted_s) if taken_s and sum(predicted_s) > 0 else None
