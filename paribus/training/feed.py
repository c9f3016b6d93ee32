"""From row numbers to batches of features; the data themselves are resident, shared, and never copied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from paribus import kernels
from paribus.data.scaling import Scaling, fit_scalings
from paribus.data.text.features import Documents, Vectorizer, fit_vectorizer
from paribus.models.layers import SparseRows
from paribus.training.record import Member

MOST_ROWS = 64
"""Of a batch without zeros: a bit for each."""

_MOSTLY = 0.75
"""Share of zeros from which it pays to leave them out."""

_WIDE, _MOST_SUMS = 64, 2**14
"""Units of the first layer, and those times rows, between which it pays: a dense product of fewer units is made at
once, and one of more rows shares its preparation among them."""

Change = Callable[[Tensor], Tensor]


class Feed(Protocol):
    """Rows of one part of the data, prepared for each run: `NumberFeed`, or `TextFeed`."""

    y_N: Tensor
    """Classes, shape (row,), int64."""

    def batch(self, rows_MB: Tensor, change: Change | None = None) -> tuple[Tensor | SparseRows, Tensor]:
        """Features of the rows of these numbers, and their labels, shape (run, row)."""
        ...

    def select(self, keep: Sequence[int]) -> None:
        """Go on with the runs `keep` alone."""
        ...


class NumberFeed:
    """Items and labels of one part of the data, with each run's scaling.

    Args:
        x_NF: items, shape (row, feature), uint8 or float32.
        y_N: classes, shape (row,), int64.
        scalings: one per run.
    """

    def __init__(self, x_NF: Tensor, y_N: Tensor, scalings: Sequence[Scaling]) -> None:
        self.x_NF, self.y_N = x_NF, y_N
        self.shift_M1F, self.factor_M1F = (
            torch.from_numpy(np.stack([np.broadcast_to(row, x_NF.shape[1]) for row in rows]))
            .unsqueeze(1)
            .to(x_NF.device)
            for rows in ([s.shift for s in scalings], [s.factor for s in scalings])
        )
        self.columns = scalings[0].columns
        self._gathering: dict[tuple[torch.Size, bool], tuple[Any, Callable[[np.ndarray], None]]] = {}

    @cached_property
    def ends(self) -> tuple[float, float]:
        """The least and the largest value of all items."""
        low, high = torch.aminmax(self.x_NF)
        return float(low), float(high)

    def can_leave_out(self, rows: int, units: int) -> bool:
        """Whether zeros had better be left out of batches of so many rows for a first layer of so many units."""
        return units >= _WIDE and rows <= MOST_ROWS and rows * units <= _MOST_SUMS and self._mostly_zero

    @cached_property
    def _mostly_zero(self) -> bool:
        """Whether most of the items' numbers are zero, and all that scaling does to them can be done afterwards.

        Told by a thousand items. To shift all rows alike afterwards would lose digits of what are no pixels.
        """
        pixels = self.x_NF.dtype == torch.uint8
        if self.columns or (self.shift_M1F.any() and not pixels) or not kernels.on_cpu(self.x_NF):
            return False
        some = self.x_NF[:: -(-len(self.x_NF) // 1000)].numpy()
        return bool(np.count_nonzero(some) <= (1 - _MOSTLY) * some.size)

    def batch(self, rows_MB: Tensor, change: Change | None = None) -> tuple[Tensor, Tensor]:
        """Items, changed and then scaled, shape (run, row, feature), and their labels, shape (run, row).

        The next batch of the same shape overwrites them.
        """
        if change or self.columns or not kernels.on_cpu(self.x_NF):
            return self._batch_by_torch(rows_MB, change)
        return self._gathered(rows_MB, sparse=False)

    def sparse_batch(self, rows_MB: Tensor) -> tuple[SparseRows, Tensor]:
        """The same as `batch`, but zeros are left out; see `can_leave_out`."""
        return self._gathered(rows_MB, sparse=True)

    def _gathered(self, rows_MB: Tensor, sparse: bool) -> Any:
        key = rows_MB.shape, sparse
        if key not in self._gathering:
            self._gathering[key] = (self._prepared_sparse if sparse else self._prepared)(rows_MB.shape)
        batch, gather = self._gathering[key]
        gather(rows_MB.numpy())
        return batch

    def _prepared(self, shape: torch.Size) -> tuple[tuple[Tensor, Tensor], Callable[[np.ndarray], None]]:
        """A batch of this shape, and what fills it."""
        batch = torch.empty(*shape, self.x_NF.shape[1]), torch.empty(shape, dtype=torch.int64)
        data, scaling = (
            (self.x_NF.numpy(), self.y_N.numpy()),
            (self.shift_M1F[:, 0].numpy(), self.factor_M1F[:, 0].numpy()),
        )
        arrays = batch[0].numpy(), batch[1].numpy()
        return batch, lambda rows_MB: kernels.gather(data, rows_MB, scaling, arrays)

    def _prepared_sparse(self, shape: torch.Size) -> tuple[tuple[SparseRows, Tensor], Callable[[np.ndarray], None]]:
        (runs, rows), features = shape, self.x_NF.shape[1]
        room, data = (runs, rows * features), (self.x_NF.numpy(), self.y_N.numpy())
        entries = np.empty(room, np.int32), np.empty(room, np.float32), np.empty((runs, features), np.int64)
        labels_MB, factor_MF = torch.empty(shape, dtype=torch.int64), self.factor_M1F[:, 0].numpy()
        rest_MF = (-self.shift_M1F * self.factor_M1F)[:, 0].numpy() if self.shift_M1F.any() else None
        batch = SparseRows(entries, (runs, rows, features), transposed=True, rest_MF=rest_MF), labels_MB
        arrays = entries, labels_MB.numpy()
        return batch, lambda rows_MB: kernels.gather_nonzero(data, rows_MB, factor_MF, arrays)

    def _batch_by_torch(self, rows_MB: Tensor, change: Change | None) -> tuple[Tensor, Tensor]:
        rows = rows_MB.reshape(-1)
        x_MBF = self.x_NF.index_select(0, rows).view(*rows_MB.shape, self.x_NF.shape[1]).to(torch.float32)
        if change:
            x_MBF = change(x_MBF)
        if self.columns:
            x = x_MBF.unflatten(2, self.columns)
            norm = torch.linalg.vector_norm(x, dim=-2, keepdim=True)
            x.div_(torch.where(norm > 0, norm, 1.0))
        return x_MBF.sub_(self.shift_M1F).mul_(self.factor_M1F), self.y_N.index_select(0, rows).view(rows_MB.shape)

    def select(self, keep: Sequence[int]) -> None:
        """Go on with the runs `keep` alone."""
        index = list(keep)
        self.shift_M1F, self.factor_M1F = self.shift_M1F[index], self.factor_M1F[index]
        self._gathering.clear()


class TextFeed:
    """Texts of one part as features.

    Args:
        documents: of the part, as each run sees them.
        y_N: classes, shape (row,), int64.
    """

    def __init__(self, documents: Sequence[Documents], y_N: Tensor) -> None:
        self.documents, self.y_N = list(documents), y_N

    def batch(self, rows_MB: Tensor, change: Change | None = None) -> tuple[SparseRows, Tensor]:
        """Features, and their labels, shape (run, row)."""
        found = [seen[rows_B] for seen, rows_B in zip(self.documents, rows_MB.cpu().numpy(), strict=True)]
        labels = self.y_N.index_select(0, rows_MB.reshape(-1)).view(rows_MB.shape)
        return SparseRows.of_runs(found, self.documents[0].num_features), labels

    def select(self, keep: Sequence[int]) -> None:
        """Go on with the runs `keep` alone."""
        self.documents = [self.documents[m] for m in keep]


def open_feeds(folder: Path, members: Sequence[Member], labels_N: np.ndarray, device: str) -> tuple[Feed, Feed]:
    """Training and test rows of a cohort; each run's preprocessing is fitted on its own training rows, and noted.

    Args:
        folder: of the prepared data.
        members: the runs, with their rows.
        labels_N: classes of the training part, shape (row,).
        device: where to train.
    """
    y_N = torch.from_numpy(labels_N).to(device)
    y_test = torch.from_numpy(np.load(folder / "y_test.npy", mmap_mode="c")).to(device)
    recipe = members[0].recipe
    if recipe.data.text:
        vectorizers = _vectorizers(folder, members)
        for member, fitted in zip(members, vectorizers, strict=True):
            member.preprocessing = fitted.arrays()
        train, test = ([one.transform_part(folder, part) for one in vectorizers] for part in ("train", "test"))
        return TextFeed(train, y_N), TextFeed(test, y_test)
    (x_NF, shape), (x_test, _) = (_items(folder, part) for part in ("train", "test"))
    scalings = fit_scalings(x_NF, [member.rows.train for member in members], recipe.data.scale, shape)
    for member, scaling in zip(members, scalings, strict=True):
        member.preprocessing = scaling.arrays()
    train, test = (torch.from_numpy(x).to(device) for x in (x_NF, x_test))
    return NumberFeed(train, y_N, scalings), NumberFeed(test, y_test, scalings)


def _vectorizers(folder: Path, members: Sequence[Member]) -> list[Vectorizer]:
    """One for each set of training rows and each way from texts to features."""
    fitted: dict[str, Vectorizer] = {}
    for member in members:
        data = member.recipe.data
        assert data.text is not None
        key = _rows_key(member)
        if key not in fitted:
            fitted[key] = fit_vectorizer(folder, data.text, member.rows.train, data.scale == "l2-rows")
    return [fitted[_rows_key(member)] for member in members]


def _rows_key(member: Member) -> str:
    """What a member's training rows and its way from texts to features follow from."""
    return f"{member.recipe.seed_of('split', member.seed)} {member.recipe.data.model_dump_json()}"


def _items(folder: Path, part: str) -> tuple[np.ndarray, tuple[int, ...]]:
    """Items as (row, feature), mapped from disk, so that workers share one copy; and their shape."""
    items = np.load(folder / f"x_{part}.npy", mmap_mode="c")
    return items.reshape(len(items), -1), items.shape[1:]
