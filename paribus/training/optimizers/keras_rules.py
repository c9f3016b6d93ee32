"""Update rules as Keras writes them, where PyTorch's come to other numbers.

Keras adds epsilon to Adam's root before the bias correction, and under RMSprop's root; its momentum takes up gradients
times the learning rate of their own step. Needs torch, so it is imported when an optimizer is made.

Source: keras.io/api/optimizers and the `update_step` of `keras/src/optimizers/{sgd,adam,rmsprop}.py`, Keras 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

Rule = Callable[[Tensor, Tensor, dict[str, Any], dict[str, Any]], None]
"""Changes a row's parameters, from its gradient, its state and the numbers of its group."""


class KerasRule(Optimizer):
    """An optimizer of PyTorch's kind that carries out a rule in place."""

    def __init__(self, groups: list[dict[str, Any]], rule: Rule) -> None:
        super().__init__(groups, {})
        self.rule = rule

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One update of every group."""
        for group in self.param_groups:
            for theta in group["params"]:
                grad = theta.grad
                if group["coupled_decay"]:
                    grad = grad + group["coupled_decay"] * theta
                self.rule(theta, grad, self.state[theta], group)


def sgd(theta: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
    """M = momentum * m - lr * g; w += m, or by Nesterov momentum * m - lr * g."""
    if not group["momentum"]:
        theta.sub_(grad * group["lr"])
        return
    velocity = _zeros(state, "velocity", theta).mul_(group["momentum"]).sub_(grad * group["lr"])
    theta.add_(velocity * group["momentum"] - grad * group["lr"] if group["nesterov"] else velocity)


def adam(theta: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
    """W -= lr * sqrt(1 - beta2**t) / (1 - beta1**t) * m / (sqrt(v) + eps), after a decoupled decay if there is one."""
    beta1, beta2 = group["betas"]
    step = state["step"] = state.get("step", torch.zeros(())) + 1
    if group["decay"]:
        theta.mul_(1 - group["lr"] * group["decay"])
    mean = _zeros(state, "mean", theta)
    mean.add_((grad - mean) * (1 - beta1))
    square = _zeros(state, "square", theta)
    square.add_((grad * grad - square) * (1 - beta2))
    rate = group["lr"] * torch.sqrt(1 - beta2**step) / (1 - beta1**step)
    theta.sub_(mean * rate / (square.sqrt() + group["eps"]))


def rmsprop(theta: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
    """V = rho * v + (1 - rho) * g**2; m = momentum * m + lr * g / sqrt(v + eps); w -= m."""
    square = _zeros(state, "square", theta).mul_(group["alpha"]).add_(grad * grad * (1 - group["alpha"]))
    change = grad * group["lr"] / torch.sqrt(square + group["eps"])
    if group["momentum"]:
        change = _zeros(state, "velocity", theta).mul_(group["momentum"]).add_(change)
    theta.sub_(change)


def _zeros(state: dict[str, Any], name: str, like: Tensor) -> Tensor:
    if name not in state:
        state[name] = torch.zeros_like(like)
    return state[name]
