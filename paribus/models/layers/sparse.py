"""Rows of features that are mostly zero, as texts and drawn digits have them, and the first layer's products."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from paribus import kernels


class SparseRows:
    """A batch of each run, float32, of which only what is not zero is kept.

    Args:
        entries: as `paribus.kernels.sparse` has them, of rows by features, or of features by rows if `transposed`; the
            room behind the last entry may hold anything.
        shape: (run, row, feature).
        transposed: rows are the columns of the entries.
        rest_MF: what is to be added to each feature, of a transposed batch; nothing unless given.
    """

    def __init__(
        self,
        entries: kernels.Entries,
        shape: tuple[int, int, int],
        transposed: bool = False,
        rest_MF: np.ndarray | None = None,
    ) -> None:
        self.entries, self.shape, self.transposed = entries, shape, transposed
        self.rest_MF = np.empty((shape[0], 0), np.float32) if rest_MF is None else rest_MF

    @classmethod
    def of_runs(cls, entries: Sequence[kernels.Entries], num_features: int) -> SparseRows:
        """From each run's columns, values and ends."""
        room = len(entries), max(len(columns) for columns, _, _ in entries)
        columns_ME, values_ME = np.empty(room, np.int32), np.empty(room, np.float32)
        for m, (columns, values, _) in enumerate(entries):
            columns_ME[m, : len(columns)], values_ME[m, : len(values)] = columns, values
        ends_MB = np.stack([ends for _, _, ends in entries])
        return cls((columns_ME, values_ME, ends_MB), (*ends_MB.shape, num_features))

    def copy_(self, other: SparseRows) -> None:
        """Have the entries of another batch of this shape."""
        self.entries, self.transposed, self.rest_MF = other.entries, other.transposed, other.rest_MF

    def products(self, weight_MFG: np.ndarray, out_MBG: np.ndarray) -> None:
        """Write x @ w of each run."""
        (kernels.spread if self.transposed else kernels.combine)(self.entries, self.rest_MF, weight_MFG, out_MBG)

    def gradients(self, grad_MBG: np.ndarray, out_MFG: np.ndarray) -> None:
        """Write x.T @ gradient of each run."""
        (kernels.combine if self.transposed else kernels.spread)(self.entries, self.rest_MF, grad_MBG, out_MFG)

    def beside(self, parameters: Tensor) -> SparseRows | Tensor:
        """Itself where kernels can take the parameters, else a tensor where they are."""
        return self if kernels.on_cpu(parameters) else self.dense().to(parameters.device)

    def dense(self) -> Tensor:
        """As a tensor of shape (run, row, feature)."""
        x_MBF = np.zeros(self.shape, np.float32)
        for x_BF, columns_E, values_E, ends_R in zip(x_MBF, *self.entries, strict=True):
            rows_E = np.repeat(np.arange(len(ends_R)), np.diff(ends_R, prepend=0))
            x_RC = x_BF.T if self.transposed else x_BF
            x_RC[rows_E, columns_E[: len(rows_E)]] = values_E[: len(rows_E)]
        if self.rest_MF.size:
            x_MBF += self.rest_MF[:, None]
        return torch.from_numpy(x_MBF)
