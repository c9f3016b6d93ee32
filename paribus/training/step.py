"""One update of every run of a cohort, and the evaluation of them all."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from paribus.models.layers import SparseRows
from paribus.models.network import Network
from paribus.training.feed import Feed
from paribus.training.objective import Objective, cross_entropy_MB
from paribus.training.optimizers.rule import Rule

_ROWS, _IMAGES = 768, 256
"""Rows that are evaluated at once; of more, what one layer hands to the next would not stay in the cache."""


def step(
    network: Network,
    optimizer: Rule,
    batch: tuple[Tensor | SparseRows, Tensor],
    objective: Objective,
    totals_2M: Tensor,
) -> None:
    """One update of every run, each by the gradient of its own loss; autograd must be off.

    Args:
        network: the runs' networks.
        optimizer: of their parameters.
        batch: scaled items x_MBF and labels y_MB.
        objective: what is minimized.
        totals_2M: to which sums over the batch are added: the loss in nats, without the penalty, and rows that were
            right, both before the update.
    """
    x_MBF, y_MB = batch
    if network.accumulates:
        optimizer.parameters.grad_P.zero_()
    logits_MBC, back = network.vjp(x_MBF)
    back(objective.gradient(logits_MBC, y_MB, totals_2M))
    optimizer.step()


@torch.inference_mode()
def evaluate(network: Network, feed: Feed, rows_MB: Tensor) -> tuple[Tensor, Tensor]:
    """Mean loss of each run on its rows, and which class it takes for which.

    Returns:
        loss_M in nats, shape (run,), and counts of rows, shape (run, true class, predicted class).
    """
    network.eval()
    loss_M = torch.zeros(len(rows_MB), device=rows_MB.device)
    pairs: list[Tensor] = []
    classes = 0
    for rows in _chunks(network, rows_MB):
        x_MBF, y_MB = feed.batch(rows)
        logits_MBC = network(x_MBF)
        classes = logits_MBC.shape[2]
        loss_M += cross_entropy_MB(logits_MBC, y_MB).sum(1)
        pairs.append(y_MB * classes + logits_MBC.argmax(2))
    cells_MB = torch.cat(pairs, dim=1)
    counts_MK = torch.stack([torch.bincount(cells_B, minlength=classes**2) for cells_B in cells_MB])
    return loss_M / rows_MB.shape[1], counts_MK.view(-1, classes, classes)


@torch.inference_mode()
def probabilities(network: Network, feed: Feed, rows_MB: Tensor) -> Tensor:
    """Class probabilities of each run's rows, shape (run, row, class)."""
    network.eval()
    parts = [torch.softmax(network(feed.batch(rows)[0]), dim=2) for rows in _chunks(network, rows_MB)]
    return torch.cat(parts, dim=1)


def _chunks(network: Network, rows_MB: Tensor) -> Sequence[Tensor]:
    return rows_MB.split(_IMAGES if network.images else _ROWS, dim=1)
