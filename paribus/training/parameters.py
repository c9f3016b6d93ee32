"""All parameters of a cohort in one tensor, a row a run, and an optimizer over its rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import torch
from torch import Tensor

from paribus.models.layers import VECTOR
from paribus.models.network import Network, OwnNetwork
from paribus.training.optimizers import Update, rules


def flatten(network: Network | OwnNetwork) -> Tensor:
    """Move the network's parameters and gradients into rows of two tensors, of which they become views.

    Each parameter is filled up with zeros to a multiple of the vector length, so that a row is updated with the same
    bits whatever other rows there are.

    Returns:
        theta_MP of shape (run, parameter), with `theta_MP.grad` of the same shape.
    """
    parameters = list(network.parameters())
    counts = [p.numel() // network.num_runs for p in parameters]
    sizes = [-(-count // VECTOR) * VECTOR for count in counts]
    theta_MP = torch.zeros(network.num_runs, sum(sizes), device=parameters[0].device)
    theta_MP.grad = torch.zeros_like(theta_MP)
    start = 0
    for parameter, count, size in zip(parameters, counts, sizes, strict=True):
        place = slice(start, start + count)
        values = parameter.detach().clone()
        parameter.data = theta_MP[:, place].view(values.shape)
        parameter.data.copy_(values)
        parameter.grad = theta_MP.grad[:, place].view(values.shape)
        start += size
    return theta_MP


def make_optimizer(theta_MP: Tensor, updates: Sequence[Update], schedules: Sequence[Any] = ()) -> rules.Rule:
    """An optimizer over the rows of theta_MP: neighbours with equal numbers share a group.

    Args:
        theta_MP: parameters with `.grad`, shape (run, parameter).
        updates: one a run, all of one rule.
        schedules: one a run; runs share a group only where these are equal too.
    """
    assert theta_MP.grad is not None
    groups: list[dict[str, Any]] = []
    start = 0
    for (update, _), alike in groupby(zip(updates, schedules or [None] * len(updates), strict=True)):
        stop = start + len(list(alike))
        rows = theta_MP[start:stop]
        rows.grad = theta_MP.grad[start:stop]
        groups.append({"params": [rows], **update.numbers})
        start = stop
    return getattr(rules, updates[0].rule)(groups)


def states_of(optimizer: rules.Rule) -> list[dict[str, Any]]:
    """The optimizer's state of each run, in the order of the rows."""
    rows: list[dict[str, Any]] = []
    for group in optimizer.param_groups:
        (theta,) = group["params"]
        state = optimizer.state[theta]
        rows += [{k: v[m] if _by_run(v, theta) else v for k, v in state.items()} for m in range(len(theta))]
    return rows


def set_states(optimizer: rules.Rule, states: Sequence[dict[str, Any]]) -> None:
    """Give the optimizer the state of each of its runs, as `states_of` returned them."""
    left = iter(states)
    for group in optimizer.param_groups:
        (theta,) = group["params"]
        parts = [next(left) for _ in theta]
        optimizer.state[theta] = {k: _joined([part[k] for part in parts], theta) for k in parts[0]}


def _by_run(value: Any, theta: Tensor) -> bool:
    return isinstance(value, Tensor) and value.shape == theta.shape


def _joined(values: list[Any], theta: Tensor) -> Any:
    """One row a run again; what is no row (a step count) is the same for all of them."""
    if not isinstance(values[0], Tensor):
        return values[0]
    return torch.stack(values) if values[0].shape == theta.shape[1:] else values[0].clone()
