"""Update rules over rows of parameters: PyTorch's functions, and Keras' formulas where they come to other numbers.

These are the functions of `torch.optim` without its classes, whose first step imports PyTorch's compiler, which takes
seconds. Keras adds epsilon to Adam's root before the bias correction, and under RMSprop's root; its momentum takes up
gradients times the learning rate of their own step. Needs torch, so it is imported when an optimizer is made.

Source: the `update_step` of `keras/src/optimizers/{sgd,adam,rmsprop}.py`, Keras 3.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import defaultdict
from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.rmsprop import rmsprop
from torch.optim.sgd import sgd


class Rule(ABC):
    """An optimizer.

    Args:
        groups: `params`, the rows of parameters that share the group's other numbers.
    """

    def __init__(self, groups: list[dict[str, Any]]) -> None:
        self.param_groups = groups
        self.state: dict[Tensor, dict[str, Any]] = defaultdict(dict)

    @torch.no_grad()
    def step(self) -> None:
        """One update of every group, from the gradients of its rows."""
        for group in self.param_groups:
            for theta in group["params"]:
                assert theta.grad is not None
                self.update(theta, theta.grad, self.state[theta], group)

    @abstractmethod
    def update(self, theta: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Change rows of parameters in place, and their state."""


class Adam(Rule):
    """PyTorch's Adam and, with `decoupled_weight_decay`, AdamW."""

    def update(self, theta: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """See the class."""
        mean, square = _zeros(state, "exp_avg", theta), _zeros(state, "exp_avg_sq", theta)
        count = state.setdefault("step", torch.zeros((), device=theta.device))
        beta1, beta2 = group["betas"]
        adam(
            [theta], [grad], [mean], [square], [], [count], fused=True, amsgrad=False, maximize=False,
            beta1=beta1, beta2=beta2, lr=group["lr"], weight_decay=group["weight_decay"], eps=group["eps"],
            decoupled_weight_decay=group["decoupled_weight_decay"],
        )  # fmt: skip


class KerasAdam(Adam):
    """Keras' Adam: PyTorch's with another eps each step.

    That comes to w -= lr * sqrt(1 - beta2**t) / (1 - beta1**t) * m / (sqrt(v) + epsilon).
    """

    def __init__(self, groups: list[dict[str, Any]]) -> None:
        super().__init__(groups)
        self._steps: int | None = None

    def step(self) -> None:
        """One update of every group."""
        if self._steps is None:  # all rows have taken as many
            self._steps = max((int(state["step"]) for state in self.state.values()), default=0)
        self._steps += 1
        for group in self.param_groups:
            group["eps"] = group["epsilon"] / math.sqrt(1 - group["betas"][1] ** self._steps)
        super().step()


class SGD(Rule):
    """PyTorch's SGD."""

    def update(self, theta: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """See the class."""
        velocities = [state.get("momentum_buffer")]
        sgd(
            [theta], [grad], velocities, fused=True, dampening=0.0, maximize=False, lr=group["lr"],
            momentum=group["momentum"], nesterov=group["nesterov"], weight_decay=group["weight_decay"],
        )  # fmt: skip
        if velocities[0] is not None:
            state["momentum_buffer"] = velocities[0]


class KerasSGD(Rule):
    """Keras' SGD: m = momentum * m - lr * g; w += m, or by Nesterov momentum * m - lr * g."""

    def update(self, theta: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """See the class."""
        grad = _decayed(theta, grad, group)
        if not group["momentum"]:
            theta.sub_(grad, alpha=group["lr"])
            return
        velocity = _zeros(state, "velocity", theta).mul_(group["momentum"]).sub_(grad, alpha=group["lr"])
        if group["nesterov"]:
            theta.add_(velocity, alpha=group["momentum"]).sub_(grad, alpha=group["lr"])
        else:
            theta.add_(velocity)


class RMSprop(Rule):
    """PyTorch's RMSprop."""

    def update(self, theta: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """See the class."""
        square = _zeros(state, "square_avg", theta)
        count = state.setdefault("step", torch.zeros((), device=theta.device))
        velocities = [_zeros(state, "momentum_buffer", theta)] if group["momentum"] else []
        rmsprop(
            [theta], [grad], [square], [], velocities, [count], foreach=False, centered=False, lr=group["lr"],
            alpha=group["alpha"], eps=group["eps"], momentum=group["momentum"], weight_decay=group["weight_decay"],
        )  # fmt: skip


class KerasRMSprop(Rule):
    """Keras' RMSprop: v = rho * v + (1 - rho) * g**2; m = momentum * m + lr * g / sqrt(v + eps); w -= m."""

    def update(self, theta: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """See the class."""
        grad = _decayed(theta, grad, group)
        square = _zeros(state, "square", theta).mul_(group["alpha"]).addcmul_(grad, grad, value=1 - group["alpha"])
        root = torch.add(square, group["eps"]).sqrt_()
        if group["momentum"]:
            velocity = _zeros(state, "velocity", theta).mul_(group["momentum"]).addcdiv_(grad, root, value=group["lr"])
            theta.sub_(velocity)
        else:
            theta.addcdiv_(grad, root, value=-group["lr"])


def _decayed(theta: Tensor, grad: Tensor, group: dict[str, Any]) -> Tensor:
    return torch.add(grad, theta, alpha=group["weight_decay"]) if group["weight_decay"] else grad


def _zeros(state: dict[str, Any], name: str, like: Tensor) -> Tensor:
    if name not in state:
        state[name] = torch.zeros_like(like)
    return state[name]
