"""From row numbers to scaled batches; the data themselves are resident, shared, and never copied."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from paribus.data.scaling import Scaling


class Feed:
    """Items and labels of one part of the data, with each run's scaling.

    Args:
        x_NF: items, shape (row, feature), uint8 or float32.
        y_N: classes, shape (row,), int64.
        scalings: one a run.
    """

    def __init__(self, x_NF: Tensor, y_N: Tensor, scalings: Sequence[Scaling]) -> None:
        self.x_NF, self.y_N = x_NF, y_N
        self.shift_M1F = torch.from_numpy(np.stack([s.shift for s in scalings])).unsqueeze(1).to(x_NF.device)
        self.factor_M1F = torch.from_numpy(np.stack([s.factor for s in scalings])).unsqueeze(1).to(x_NF.device)
        self.unit_rows = scalings[0].unit_rows

    def batch(self, rows_MB: Tensor, change: Callable[[Tensor], Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """Items, changed and then scaled, shape (run, row, feature), and their labels, shape (run, row)."""
        rows = rows_MB.reshape(-1)
        x_MBF = self.x_NF.index_select(0, rows).view(*rows_MB.shape, -1).to(torch.float32)
        if change:
            x_MBF = change(x_MBF)
        if self.unit_rows:
            norm_MB1 = torch.linalg.vector_norm(x_MBF, dim=2, keepdim=True)
            x_MBF = x_MBF.div_(torch.where(norm_MB1 > 0, norm_MB1, 1.0))
        x_MBF = x_MBF.sub_(self.shift_M1F).mul_(self.factor_M1F)
        return x_MBF, self.y_N.index_select(0, rows).view(rows_MB.shape)

    def select(self, keep: Sequence[int]) -> None:
        """Go on with the runs `keep` alone."""
        index = list(keep)
        self.shift_M1F, self.factor_M1F = self.shift_M1F[index], self.factor_M1F[index]
