"""What a step minimizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
import torch
from torch import Tensor

from paribus import kernels
from paribus.errors import RunError
from paribus.training.record import Member


@dataclass(frozen=True, eq=False)
class StepArrays:
    """The arrays that one step of a shape shares with the next on a CPU: who writes each, and who reads it.

    Features and labels are the feed's, which overwrites them. A network that can records its calls on the features'
    array, and copies others into it. Its scores bring the array from which its calls read their gradient.

    Args:
        logits_MBC: written by the network.
        y_MB: labels, written by the feed.
        totals_2M: to which the objective adds; others in each epoch.
        gradient_MBC: written by the objective: where the network reads it, or an array of its own.
    """

    logits_MBC: Tensor
    y_MB: Tensor
    totals_2M: Tensor
    gradient_MBC: Tensor

    @classmethod
    def around(cls, logits_MBC: Tensor, y_MB: Tensor, totals_2M: Tensor) -> Self:
        """With the gradient's array."""
        gradient_MBC = torch.empty_like(logits_MBC) if logits_MBC.grad is None else logits_MBC.grad
        return cls(logits_MBC, y_MB, totals_2M, gradient_MBC)

    def are_around(self, logits_MBC: Tensor, y_MB: Tensor, totals_2M: Tensor) -> bool:
        """Whether a step has the same arrays, not only arrays with the same values."""
        return self.logits_MBC is logits_MBC and self.y_MB is y_MB and self.totals_2M is totals_2M


class Objective:
    """The cross entropy that each run minimizes.

    Args:
        weights_MC: factor of each class; the mean is over rows, as in Keras, not over weights.
        label_smoothing: share of the target spread over all classes.
    """

    def __init__(self, weights_MC: Tensor, label_smoothing: float = 0.0) -> None:
        self.weights_MC, self.label_smoothing = weights_MC, label_smoothing
        self._prepared: dict[torch.Size, tuple[StepArrays, Callable[[], None]]] = {}

    def gradient(self, logits_MBC: Tensor, y_MB: Tensor, totals_2M: Tensor) -> Tensor:
        """The gradient of the mean over the batch of each run's cross entropy in nats.

        Args:
            logits_MBC: scores.
            y_MB: right classes.
            totals_2M: to which sums over the batch are added, of the cross entropy and of rows that are right.
        """
        if not kernels.on_cpu(logits_MBC):
            return self._by_torch(logits_MBC, y_MB, totals_2M)
        prepared = self._prepared.get(logits_MBC.shape)
        if prepared is None or not prepared[0].are_around(logits_MBC, y_MB, totals_2M):
            arrays = StepArrays.around(logits_MBC, y_MB, totals_2M)
            prepared = self._prepared[logits_MBC.shape] = arrays, self._call(arrays)
        arrays, call = prepared
        call()
        return arrays.gradient_MBC

    def _call(self, arrays: StepArrays) -> Callable[[], None]:
        """What writes the gradient and adds to the totals."""
        numbers = self.weights_MC.numpy(), np.float32(self.label_smoothing)
        out = arrays.gradient_MBC.numpy(), arrays.totals_2M.numpy()
        return partial(kernels.cross_entropy, arrays.logits_MBC.numpy(), arrays.y_MB.numpy(), *numbers, out)

    def _by_torch(self, logits_MBC: Tensor, y_MB: Tensor, totals_2M: Tensor) -> Tensor:
        log_p_MBC, y_MB1, smoothing = torch.log_softmax(logits_MBC, 2), y_MB.unsqueeze(2), self.label_smoothing
        weight_MB = self.weights_MC.gather(1, y_MB)
        share_MB1 = weight_MB.unsqueeze(2) / y_MB.shape[1]
        grad_MBC = torch.zeros_like(log_p_MBC)  # first of log_p_MBC
        grad_MBC -= share_MB1 * (smoothing / grad_MBC.shape[2])
        grad_MBC.scatter_add_(2, y_MB1, share_MB1 * (smoothing - 1))
        totals_2M[0] += (_smoothed(log_p_MBC, y_MB, smoothing) * weight_MB).sum(1)
        totals_2M[1] += (logits_MBC.argmax(2) == y_MB).sum(1)
        return torch.ops.aten._log_softmax_backward_data(grad_MBC, log_p_MBC, 2, grad_MBC.dtype)

    def select(self, keep: Sequence[int]) -> Objective:
        """That of the runs `keep` alone."""
        return Objective(self.weights_MC[list(keep)], self.label_smoothing)


def cross_entropy_MB(logits_MBC: Tensor, y_MB: Tensor) -> Tensor:
    """Cross entropy of each row in nats, shape (run, row)."""
    return _smoothed(torch.log_softmax(logits_MBC, 2), y_MB, 0.0)


def _smoothed(log_p_MBC: Tensor, y_MB: Tensor, label_smoothing: float) -> Tensor:
    """Source: Szegedy et al. (2016), arXiv 1512.00567, section 7."""
    loss_MB = -log_p_MBC.gather(2, y_MB.unsqueeze(2)).squeeze(2)
    if label_smoothing:
        loss_MB = (1 - label_smoothing) * loss_MB - label_smoothing / log_p_MBC.shape[2] * log_p_MBC.sum(2)
    return loss_MB


def make_objective(members: Sequence[Member], labels_N: np.ndarray, num_classes: int, device: str = "cpu") -> Objective:
    """The objective of a cohort, with each run's own numbers.

    Raises:
        RunError: there is not one class weight a class, or a class to balance has no training row.
    """
    rows = [_class_weights(m, labels_N, num_classes) for m in members]
    weights_MC = torch.tensor(np.stack(rows), dtype=torch.float32, device=device)
    return Objective(weights_MC, members[0].recipe.label_smoothing)


def _class_weights(member: Member, labels_N: np.ndarray, num_classes: int) -> np.ndarray:
    """Source: `balanced` is scikit-learn's rows / (classes * rows of the class), on training rows."""
    given = member.recipe.class_weights
    if given is None:
        return np.ones(num_classes)
    if given != "balanced":
        if len(given) != num_classes:
            raise RunError(
                f"class_weights has {len(given)} numbers, but the data have {num_classes} classes; give one each."
            )
        return np.array(given)
    counts = np.bincount(labels_N[member.rows.train], minlength=num_classes)
    if not counts.all():
        raise RunError(f"class_weights: balanced needs a training row of each class, found counts {counts.tolist()}.")
    return len(member.rows.train) / (num_classes * counts)
