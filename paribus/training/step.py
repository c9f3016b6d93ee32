"""One update of every run of a cohort, and the evaluation of them all."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from paribus.models.network import Network, OwnNetwork
from paribus.training.feed import Feed
from paribus.training.objective import Objective, cross_entropy_MB

_CHUNK = 1024


def step(
    network: Network | OwnNetwork,
    optimizer: torch.optim.Optimizer,
    batch: tuple[Tensor, Tensor],
    objective: Objective,
    grad_MP: Tensor,
) -> tuple[Tensor, Tensor]:
    """One update of every run. Summing the losses keeps each run's gradient its own.

    Args:
        network: the runs' networks.
        optimizer: over the rows of their parameters.
        batch: scaled items x_MBF and labels y_MB.
        objective: what is minimized.
        grad_MP: the gradients of all parameters, a row a run; written here.

    Returns:
        Sums over the batch, before the update: loss_M in nats, without the penalty, and correct_M in rows.
    """
    x_MBF, y_MB = batch
    if network.accumulates:
        grad_MP.zero_()
    logits_MBC = network(x_MBF)
    loss_M = objective.loss_M(logits_MBC, y_MB)
    loss_M.sum().backward()
    objective.adjust(network, grad_MP)
    optimizer.step()
    with torch.no_grad():
        correct_M = (logits_MBC.argmax(2) == y_MB).sum(1)
        return loss_M * y_MB.shape[1], correct_M


@torch.inference_mode()
def evaluate(network: nn.Module, feed: Feed, rows_MB: Tensor) -> tuple[Tensor, Tensor]:
    """Mean loss and accuracy of each run on its rows.

    Returns:
        loss_M in nats and accuracy_M, both of shape (run,).
    """
    network.eval()
    loss_M, correct_M = torch.zeros(len(rows_MB)), torch.zeros(len(rows_MB))
    for rows in rows_MB.split(_CHUNK, dim=1):
        x_MBF, y_MB = feed.batch(rows)
        logits_MBC = network(x_MBF)
        loss_M += cross_entropy_MB(logits_MBC, y_MB).sum(1)
        correct_M += (logits_MBC.argmax(2) == y_MB).sum(1)
    return loss_M / rows_MB.shape[1], correct_M / rows_MB.shape[1]


@torch.inference_mode()
def probabilities(network: nn.Module, feed: Feed, rows_MB: Tensor) -> Tensor:
    """Class probabilities of each run's rows, shape (run, row, class)."""
    network.eval()
    parts = [torch.softmax(network(feed.batch(rows)[0]), dim=2) for rows in rows_MB.split(_CHUNK, dim=1)]
    return torch.cat(parts, dim=1)
