"""The rule of SGD: its kernel, and the same by PyTorch.

Keras' momentum takes up gradients times the learning rate of their own step.

Source: `torch/optim/sgd.py`, PyTorch 2; the `update_step` of `keras/src/optimizers/sgd.py`, Keras 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from paribus.kernels.compiled import compiled, inlined
from paribus.training.optimizers.rule import Blocks, Flat, Numbers, Rule, Terms

_ZERO = np.float32(0)


@inlined
def sgd_numbers(count: int, lr: Any, given: Sequence[Any]) -> tuple[Any, ...]:  # noqa: ARG001  (as of other rules)
    """Factor of what the velocity takes in, factor of the step, momentum, and whether it looks ahead."""
    momentum, nesterov, keras = given
    return keras * lr + (1 - keras), keras + (1 - keras) * lr, momentum, nesterov


@compiled
def sgd(parameters: Flat, state: tuple[np.ndarray, ...], blocks: Blocks, terms: Terms, numbers: Numbers) -> None:
    """Step by the velocity, or by what comes next of it, Nesterov's way.

    velocity = momentum * velocity + inner * gradient; theta -= outer * velocity.
    """
    (theta_P, grad_P), (velocity_P,), (starts_K, sizes_K) = parameters, state, blocks
    (l2_KM, scale_M, decay_M), (count, lr_M, (momentum_M, nesterov_M, keras_M)) = terms, numbers
    for k in range(len(starts_K)):
        for m in range(len(lr_M) - 1, -1, -1):
            found = sgd_numbers(count, lr_M[m], (momentum_M[m], nesterov_M[m], keras_M[m]))
            inner, outer, momentum = np.float32(found[0]), np.float32(found[1]), np.float32(found[2])
            l2, scale, decay, ahead = l2_KM[k, m], scale_M[m], decay_M[m], found[3] > 0
            place = slice(starts_K[k] + m * sizes_K[k], starts_K[k] + (m + 1) * sizes_K[k])
            theta_S, grad_S, velocity_S = theta_P[place], grad_P[place], velocity_P[place]
            for s in range(sizes_K[k]):
                theta = theta_S[s]
                step = inner * ((grad_S[s] + l2 * theta) * scale + decay * theta)
                if momentum > _ZERO:
                    velocity_S[s] = momentum * velocity_S[s] + step
                    step = momentum * velocity_S[s] + step if ahead else velocity_S[s]
                theta_S[s] = theta - outer * step


class SGD(Rule):
    """SGD with momentum, plain or Nesterov's."""

    kernel, numbers_of = staticmethod(sgd), sgd_numbers
    given, names = ("momentum", "nesterov", "keras"), ("velocity",)

    def _update(self, theta: Tensor, grad: Tensor, state: Sequence[Tensor], numbers: Sequence[Tensor]) -> None:
        inner, outer, momentum, ahead = numbers
        step = grad * inner
        for velocity in state:
            velocity.mul_(momentum).add_(step)
            step = torch.where(ahead > 0, momentum * velocity + step, velocity)
        theta.sub_(outer * step)
