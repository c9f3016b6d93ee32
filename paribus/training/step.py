"""One update of every run of a cohort, and the evaluation of them all."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from paribus.training.feed import Feed

_CHUNK = 1024


def cross_entropy_MB(logits_MBC: Tensor, y_MB: Tensor) -> Tensor:
    """Cross entropy of each row in nats, shape (run, row)."""
    return functional.cross_entropy(logits_MBC.flatten(0, 1), y_MB.flatten(), reduction="none").view(y_MB.shape)


def step(network: nn.Module, optimizer: torch.optim.Optimizer, x_MBF: Tensor, y_MB: Tensor) -> tuple[Tensor, Tensor]:
    """One update of every run. Summing the losses keeps each run's gradient its own.

    Returns:
        Sums over the batch, before the update: loss_M in nats and correct_M in rows.
    """
    logits_MBC = network(x_MBF)
    loss_M = cross_entropy_MB(logits_MBC, y_MB).mean(1)
    loss_M.sum().backward()
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
