"""The rule of RMSprop: its kernel, and the same by PyTorch.

Keras adds epsilon under the root; its momentum takes up gradients times the learning rate of their own step.

Source: `torch/optim/rmsprop.py`, PyTorch 2; the `update_step` of `keras/src/optimizers/rmsprop.py`, Keras 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from paribus.kernels.compiled import compiled, inlined
from paribus.training.optimizers.rule import Blocks, Flat, Numbers, Rule, Terms

_ZERO = np.float32(0)


@inlined
def rmsprop_numbers(count: int, lr: Any, given: Sequence[Any]) -> tuple[Any, ...]:  # noqa: ARG001
    """As of `sgd` but the last; how the mean takes squares in; epsilon under the root and beside it."""
    momentum, rho, eps, keras = given
    inner, outer = keras * lr + (1 - keras), keras + (1 - keras) * lr
    return inner, outer, momentum, rho, 1 - rho, keras * eps, (1 - keras) * eps


@compiled
def rmsprop(parameters: Flat, state: tuple[np.ndarray, ...], blocks: Blocks, terms: Terms, numbers: Numbers) -> None:
    """Step by the gradient over its root mean square.

    velocity = momentum * velocity + inner * gradient / (sqrt(square + under) + beside); theta -= outer * velocity.
    """
    (theta_P, grad_P), (square_P, velocity_P), (starts_K, sizes_K) = parameters, state, blocks
    (l2_KM, scale_M, decay_M), (count, lr_M, (momentum_M, rho_M, eps_M, keras_M)) = terms, numbers
    for k in range(len(starts_K)):
        for m in range(len(lr_M) - 1, -1, -1):
            found = rmsprop_numbers(count, lr_M[m], (momentum_M[m], rho_M[m], eps_M[m], keras_M[m]))
            inner, outer, momentum = np.float32(found[0]), np.float32(found[1]), np.float32(found[2])
            rho, new, under, beside = (
                np.float32(found[3]), np.float32(found[4]), np.float32(found[5]), np.float32(found[6]),
            )  # fmt: skip
            l2, scale, decay = l2_KM[k, m], scale_M[m], decay_M[m]
            place = slice(starts_K[k] + m * sizes_K[k], starts_K[k] + (m + 1) * sizes_K[k])
            theta_S, grad_S, square_S, velocity_S = theta_P[place], grad_P[place], square_P[place], velocity_P[place]
            for s in range(sizes_K[k]):
                theta = theta_S[s]
                grad = (grad_S[s] + l2 * theta) * scale + decay * theta
                square_S[s] = rho * square_S[s] + new * (grad * grad)
                step = inner * grad / (np.sqrt(square_S[s] + under) + beside)
                if momentum > _ZERO:
                    step = momentum * velocity_S[s] + step
                    velocity_S[s] = step
                theta_S[s] = theta - outer * step


class RMSprop(Rule):
    """RMSprop with momentum."""

    kernel, numbers_of = staticmethod(rmsprop), rmsprop_numbers
    given, names = ("momentum", "rho", "eps", "keras"), ("square", "velocity")

    def _update(self, theta: Tensor, grad: Tensor, state: Sequence[Tensor], numbers: Sequence[Tensor]) -> None:
        (square, *velocities), (inner, outer, momentum, rho, new, under, beside) = state, numbers
        square.mul_(rho).addcmul_(grad * grad, new)
        step = inner * grad / ((square + under).sqrt() + beside)
        for velocity in velocities:
            step = velocity.mul_(momentum).add_(step)
        theta.sub_(outer * step)
