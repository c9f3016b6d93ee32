"""How matrices are multiplied on the machine at hand: chosen by its measured error; and whether bits repeat."""

from __future__ import annotations

import warnings
from functools import cache

import torch
from torch import Tensor

TOLERANCE = 5e-6
"""Largest relative error that still counts as single precision; bf16 gives about 3e-3."""


def choose_precision(bf16: bool = False) -> str:
    """Use oneDNN's faster products where they are as exact as single precision, PyTorch's default elsewhere.

    Args:
        bf16: use oneDNN's products even if it rounds their factors to bfloat16, as it does where the processor
            multiplies those much faster; sums stay float32.

    Returns:
        The name of what was chosen, `oneDNN fp32`, `oneDNN bf16` or `default fp32`.
    """
    torch.set_float32_matmul_precision("highest")
    usual = product_error()
    torch.set_float32_matmul_precision("medium")
    error = product_error()
    if error != usual:  # else oneDNN is not used, as where the processor has no AVX-512
        if error <= TOLERANCE:
            return "oneDNN fp32"
        if bf16:
            return "oneDNN bf16"
    torch.set_float32_matmul_precision("highest")
    return "default fp32"


def product_error() -> float:
    """Largest error of a float32 product against float64, relative to the largest entry; measured once a setting."""
    return _product_error(torch.get_float32_matmul_precision())


@cache
def _product_error(_: str) -> float:
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(2, 256, 256, generator=generator) for _ in range(2))
    exact = torch.bmm(a.double(), b.double())
    return float((torch.bmm(a, b).double() - exact).abs().max() / exact.abs().max())


_SIZES = [(7, 784, 10), (32, 33, 7), (33, 7, 129), (90, 100, 3)]
"""Rows, features in and out: sizes at which MKL was seen to choose its way by the place of its factors."""
_FLOATS = 16
"""In a line of the cache, 64 bytes: at as many places a factor can begin."""


def products_repeat() -> bool:
    """Whether equal factors give equal bits in this process, as they do where `paribus` was imported before products.

    They are multiplied at different places in memory, as the runs of a stack are.
    """
    return all(len(set(_bits(*size))) == 1 for size in _SIZES)


def warn_unless_products_repeat() -> None:
    """Say that last digits may differ, where something else multiplied before `paribus` was imported."""
    if not products_repeat():
        warnings.warn(
            "This process multiplied matrices before paribus was imported, in a way that depends on where they lie in "
            "memory: probabilities may differ from the stored ones in their last digits. Import paribus before "
            "anything computes, or set MKL_CBWR=AUTO,STRICT.",
            stacklevel=3,
        )


def _bits(rows: int, fan_in: int, fan_out: int) -> list[bytes]:
    """Of one product, with its factors and itself at each place of a line of the cache."""
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(rows, fan_in, generator=generator), torch.randn(fan_in, fan_out, generator=generator)
    out = torch.zeros(rows, fan_out)
    return [torch.bmm(_at(place, a), _at(place, b), out=_at(place, out)).numpy().tobytes() for place in range(_FLOATS)]


def _at(place: int, values: Tensor) -> Tensor:
    """The same numbers, `place` floats after the beginning of what was allocated; shape (1, *shape)."""
    held = torch.empty(values.numel() + _FLOATS)
    return held[place : place + values.numel()].view(1, *values.shape).copy_(values)
