"""Numbers in bfloat16, which NumPy and Numba know only as their 16 bits: the upper half of a float32."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

_HALF, _ONE, _ALMOST, _NAN = np.uint32(16), np.uint32(1), np.uint32(0x7FFF), np.uint16(0x7FC0)


def widen(number: Any) -> Any:
    """A float32, or the 16 bits of a bfloat16, as a float32; for kernels."""
    raise NotImplementedError(number)


def narrow(number: Any, like: Any) -> Any:
    """A float32 as it is, or rounded to the 16 bits of a bfloat16 if `like` is such; for kernels."""
    raise NotImplementedError(number, like)


@overload(widen, strict=False)
def _widen(number: Any) -> Any:
    if number == types.uint16:
        return lambda number: np.uint32(np.uint32(number) << _HALF).view(np.float32)
    return lambda number: number


@overload(narrow, strict=False)
def _narrow(number: Any, like: Any) -> Any:
    if like != types.uint16:
        return lambda number, like: number

    def rounded(number: Any, like: Any) -> Any:
        bits = np.float32(number).view(np.uint32)
        even = np.uint32(np.uint32(bits >> _HALF) & _ONE)
        upper = np.uint16(np.uint32(bits + _ALMOST + even) >> _HALF)
        return upper if number == number else _NAN  # noqa: PLR0124  (nan is not)

    return rounded
