"""How matrices are multiplied on the machine at hand: chosen by its measured error."""

from __future__ import annotations

import torch

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
    torch.set_float32_matmul_precision("medium")
    if product_error() <= TOLERANCE:
        return "oneDNN fp32"
    if bf16:
        return "oneDNN bf16"
    torch.set_float32_matmul_precision("highest")
    return "default fp32"


def product_error() -> float:
    """Largest error of a float32 product against float64, relative to the largest entry."""
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(2, 256, 256, generator=generator) for _ in range(2))
    exact = torch.bmm(a.double(), b.double())
    return float((torch.bmm(a, b).double() - exact).abs().max() / exact.abs().max())
