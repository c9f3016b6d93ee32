"""What a step minimizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from paribus.errors import RunError
from paribus.models.network import Network, OwnNetwork
from paribus.training.record import Member


@dataclass(frozen=True)
class Objective:
    """What each run minimizes beside the plain cross entropy of its rows, and the limit of its gradient.

    Args:
        label_smoothing: share of the target spread over all classes.
        weights_MC: factor of each class, None for 1; the mean is over rows, as in Keras, not over weights.
        l2_M1: factor of the squared kernels, None for no penalty.
        clip_M1: largest norm of a run's gradient, None for no limit.
    """

    label_smoothing: float = 0.0
    weights_MC: Tensor | None = None
    l2_M1: Tensor | None = None
    clip_M1: Tensor | None = None

    def loss_and_gradient(self, logits_MBC: Tensor, y_MB: Tensor) -> tuple[Tensor, Tensor]:
        """Mean over the batch of each run's weighted and smoothed cross entropy in nats, and the logits' gradient."""
        log_p_MBC, y_MB1, smoothing = torch.log_softmax(logits_MBC, 2), y_MB.unsqueeze(2), self.label_smoothing
        loss_MB = _smoothed(log_p_MBC, y_MB, smoothing)
        share_MB1 = log_p_MBC.new_full(y_MB1.shape, 1 / y_MB.shape[1])
        if self.weights_MC is not None:
            weight_MB = self.weights_MC.gather(1, y_MB)
            loss_MB, share_MB1 = loss_MB * weight_MB, share_MB1 * weight_MB.unsqueeze(2)
        grad_MBC = torch.zeros_like(log_p_MBC)  # first of log_p_MBC
        if smoothing:
            grad_MBC -= share_MB1 * (smoothing / grad_MBC.shape[2])
        grad_MBC.scatter_add_(2, y_MB1, share_MB1 * (smoothing - 1))
        return loss_MB.mean(1), torch.ops.aten._log_softmax_backward_data(grad_MBC, log_p_MBC, 2, grad_MBC.dtype)

    def adjust(self, network: Network | OwnNetwork, grad_MP: Tensor) -> None:
        """Add the penalty's gradient, 2 * l2 * kernel, then scale down what is longer than the limit.

        Source: Keras `regularizers.L2`; Pascanu et al. (2013), Algorithm 1, in the form of `clip_grad_norm_`.
        """
        if self.l2_M1 is not None:
            twice_M1 = 2 * self.l2_M1
            for kernel_MK, grad_MK in network.kernels:
                grad_MK.addcmul_(kernel_MK, twice_M1)
        if self.clip_M1 is not None:
            norm_M1 = torch.linalg.vector_norm(grad_MP, dim=1, keepdim=True)
            grad_MP.mul_((self.clip_M1 / (norm_M1 + 1e-6)).clamp(max=1.0))

    def select(self, keep: Sequence[int]) -> Objective:
        """That of the runs `keep` alone."""
        index = list(keep)
        rows = {name: getattr(self, name) for name in ("weights_MC", "l2_M1", "clip_M1")}
        return replace(self, **{name: value if value is None else value[index] for name, value in rows.items()})


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
    recipes = [member.recipe for member in members]
    first = recipes[0]
    weights = None
    if first.class_weights is not None:
        rows = [_class_weights(m, labels_N, num_classes) for m in members]
        weights = torch.tensor(np.stack(rows), dtype=torch.float32, device=device)
    l2 = torch.tensor([r.l2 for r in recipes], device=device).view(-1, 1) if first.l2 else None
    clip = torch.tensor([r.clip_norm for r in recipes], device=device).view(-1, 1) if first.clip_norm else None
    return Objective(first.label_smoothing, weights, l2, clip)


def _class_weights(member: Member, labels_N: np.ndarray, num_classes: int) -> np.ndarray:
    """Source: `balanced` is scikit-learn's rows / (classes * rows of the class), on training rows."""
    given = member.recipe.class_weights
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
