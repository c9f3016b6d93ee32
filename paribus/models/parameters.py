"""All parameters of a cohort in one array."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

_ALIGNED = 16
"""Floats in the 64 bytes of a cache line, at which every block begins."""


class Parameters:
    """Parameters and gradients of a network, which become views of two flat tensors.

    A parameter's values of all runs lie in one block, run after run, so that it is contiguous, as the products of all
    runs want it.

    Args:
        parameters: with a leading run axis, or without one for a single run.
        num_runs: runs of the cohort.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], num_runs: int) -> None:
        self.parameters, self.num_runs = list(parameters), num_runs
        device = self.parameters[0].device
        counts = [p.numel() for p in self.parameters]
        ends = np.cumsum([-(-count // _ALIGNED) * _ALIGNED for count in counts])
        self.starts_K = np.array([0, *ends[:-1]])
        self.sizes_K = np.array(counts) // num_runs
        self.theta_P, self.grad_P = (torch.zeros(int(ends[-1]), device=device) for _ in range(2))
        for parameter, block_MS, grad_MS in zip(
            self.parameters, self.blocks(self.theta_P), self.blocks(self.grad_P), strict=True
        ):
            values = parameter.detach().clone()
            parameter.data = block_MS.view(values.shape)
            parameter.data.copy_(values)
            parameter.grad = grad_MS.view(values.shape)

    def blocks(self, flat_P: Tensor) -> list[Tensor]:
        """Views of a flat tensor, one a parameter, shape (run, size)."""
        places = zip(self.starts_K.tolist(), self.sizes_K.tolist(), strict=True)
        return [flat_P[start : start + self.num_runs * size].view(self.num_runs, size) for start, size in places]

    def row(self, flat_P: Tensor, m: int) -> Tensor:
        """What a flat tensor holds of the run at place m, copied."""
        return torch.cat([block_MS[m] for block_MS in self.blocks(flat_P)])

    def set_row(self, flat_P: Tensor, m: int, values: Tensor) -> None:
        """Put back what `row` returned."""
        for block_MS, part in zip(self.blocks(flat_P), values.split(self.sizes_K.tolist()), strict=True):
            block_MS[m] = part
