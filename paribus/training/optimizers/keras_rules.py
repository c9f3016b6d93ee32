"""Update rules as Keras writes them, where PyTorch's come to other numbers.

Keras adds epsilon to Adam's root before the bias correction, and under RMSprop's root; its momentum takes up gradients
times the learning rate of their own step. Needs torch, so it is imported when an optimizer is made.

Source: keras.io/api/optimizers and the `update_step` of `keras/src/optimizers/{sgd,adam,rmsprop}.py`, Keras 3.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer


class Adam(torch.optim.Adam):
    """PyTorch's fused kernel, given the epsilon that after the bias correction does what Keras' `epsilon` does before.

    w -= lr * sqrt(1 - beta2**t) / (1 - beta1**t) * m / (sqrt(v) + epsilon), after a decoupled decay if there is one.
    """

    def __init__(self, groups: list[dict[str, Any]], *, fused: bool) -> None:
        super().__init__(groups, fused=fused)
        self._steps: int | None = None

    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One update of every group."""
        if self._steps is None:  # all rows have taken as many
            self._steps = max((int(state["step"]) for state in self.state.values()), default=0)
        self._steps += 1
        for group in self.param_groups:
            group["eps"] = group["epsilon"] / math.sqrt(1 - group["betas"][1] ** self._steps)
        super().step()


class _Rule(Optimizer):
    """An optimizer of PyTorch's kind that carries out a rule in place."""

    def __init__(self, groups: list[dict[str, Any]], *, foreach: bool) -> None:
        del foreach  # never: as asked of all that have no fused kernel
        super().__init__(groups, {})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """One update of every group."""
        for group in self.param_groups:
            for theta in group["params"]:
                grad = theta.grad
                if group["weight_decay"]:
                    grad = grad + group["weight_decay"] * theta
                self.update(theta, grad, self.state[theta], group)

    @abstractmethod
    def update(self, theta: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Change rows of parameters, from their gradient, their state and the numbers of their group."""


class SGD(_Rule):
    """M = momentum * m - lr * g; w += m, or by Nesterov momentum * m - lr * g."""

    def update(self, theta: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """See the class."""
        if not group["momentum"]:
            theta.sub_(grad, alpha=group["lr"])
            return
        velocity = _zeros(state, "velocity", theta).mul_(group["momentum"]).sub_(grad, alpha=group["lr"])
        if group["nesterov"]:
            theta.add_(velocity, alpha=group["momentum"]).sub_(grad, alpha=group["lr"])
        else:
            theta.add_(velocity)


class RMSprop(_Rule):
    """V = rho * v + (1 - rho) * g**2; m = momentum * m + lr * g / sqrt(v + eps); w -= m."""

    def update(self, theta: Tensor, grad: Tensor, state: dict[str, Any], group: dict[str, Any]) -> None:
        """See the class."""
        square = _zeros(state, "square", theta).mul_(group["alpha"]).addcmul_(grad, grad, value=1 - group["alpha"])
        root = torch.add(square, group["eps"]).sqrt_()
        if group["momentum"]:
            change = _zeros(state, "velocity", theta).mul_(group["momentum"]).addcdiv_(grad, root, value=group["lr"])
            theta.sub_(change)
        else:
            theta.addcdiv_(grad, root, value=-group["lr"])


def _zeros(state: dict[str, Any], name: str, like: Tensor) -> Tensor:
    if name not in state:
        state[name] = torch.zeros_like(like)
    return state[name]
