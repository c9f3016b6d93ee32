"""Dropout, and the random bits for it."""

from __future__ import annotations

import numpy as np

from paribus.kernels.bfloat16 import narrow, widen
from paribus.kernels.compiled import compiled

_NONE = np.float32(0)


@compiled
def draw(states_M4: np.ndarray, out_MK: np.ndarray) -> None:
    """Random 64-bit numbers: those that NumPy's `SFC64.random_raw` gives from these states, which move on.

    Source: Chris Doty-Humphrey, PractRand 0.94, sfc64; the state is a, b, c and the counter.
    """
    for m in range(states_M4.shape[0]):
        a, b, c, counter = states_M4[m]
        for k in range(out_MK.shape[1]):
            number = a + b + counter
            counter += np.uint64(1)
            a = b ^ (b >> np.uint64(11))
            b = c + (c << np.uint64(3))
            c = ((c << np.uint64(24)) | (c >> np.uint64(40))) + number
            out_MK[m, k] = number
        states_M4[m, 0], states_M4[m, 1], states_M4[m, 2], states_M4[m, 3] = a, b, c, counter


@compiled
def dropout(
    x_MK: np.ndarray,
    drawn_MK: np.ndarray,
    numbers: tuple[np.ndarray, np.ndarray],
    floor: np.float32,
    out_MK: np.ndarray,
) -> None:
    """Scale what has drawn less than the threshold and is not below the floor, and make the rest 0; nan stays.

    Float32 or the bits of bfloat16; `numbers` are each run's threshold and scale.
    """
    threshold_M, scale_M = numbers
    for m in range(x_MK.shape[0]):
        for k in range(x_MK.shape[1]):
            factor = scale_M[m] if drawn_MK[m, k] < threshold_M[m] else _NONE
            x = widen(x_MK[m, k])
            out_MK[m, k] = narrow(_NONE if x < floor else x * factor, x_MK[m, k])


@compiled
def relu_dropout_back(grad_MK: np.ndarray, y_MK: np.ndarray, scale_M: np.ndarray, out_MK: np.ndarray) -> None:
    """The gradient, scaled, where the output is above 0: there it was neither negative nor left out."""
    for m in range(y_MK.shape[0]):
        for k in range(y_MK.shape[1]):
            out_MK[m, k] = grad_MK[m, k] * scale_M[m] if y_MK[m, k] > _NONE else _NONE
