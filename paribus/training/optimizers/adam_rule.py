"""The rule of Adam and AdamW: its kernel, and the same by PyTorch.

Keras adds epsilon to the root before the bias correction.

Source: `torch/optim/adam.py`, PyTorch 2; the `update_step` of `keras/src/optimizers/adam.py`, Keras 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from paribus.kernels.compiled import compiled, inlined
from paribus.training.optimizers.rule import Blocks, Flat, Numbers, Rule, Terms


@inlined
def adam_numbers(count: int, lr: Any, given: Sequence[Any]) -> tuple[Any, ...]:
    """Rate, factor of the root, epsilon, what is kept of the parameter, and how the means take the gradient in."""
    beta1, beta2, eps, keras, shrink = given
    first, second = 1 - beta1**count, np.sqrt(1 - beta2**count)
    rate, root = lr * (keras * second + (1 - keras)) / first, keras + (1 - keras) / second
    return rate, root, eps, 1 - lr * shrink, beta1, 1 - beta1, beta2, 1 - beta2


@compiled
def adam(parameters: Flat, state: tuple[np.ndarray, ...], blocks: Blocks, terms: Terms, numbers: Numbers) -> None:
    """Step by the means of gradient and square, which take the gradient in first.

    theta = theta * keep - rate * mean / (sqrt(square) * root + eps).
    """
    (theta_P, grad_P), (mean_P, square_P), (starts_K, sizes_K) = parameters, state, blocks
    (l2_KM, scale_M, decay_M), (count, lr_M, (beta1_M, beta2_M, eps_M, keras_M, shrink_M)) = terms, numbers
    for k in range(len(starts_K)):
        for m in range(len(lr_M) - 1, -1, -1):
            found = adam_numbers(count, lr_M[m], (beta1_M[m], beta2_M[m], eps_M[m], keras_M[m], shrink_M[m]))
            rate, root, eps, keep = (
                np.float32(found[0]),
                np.float32(found[1]),
                np.float32(found[2]),
                np.float32(found[3]),
            )
            beta1, new1, beta2, new2 = (
                np.float32(found[4]), np.float32(found[5]), np.float32(found[6]), np.float32(found[7]),
            )  # fmt: skip
            l2, scale, decay = l2_KM[k, m], scale_M[m], decay_M[m]
            place = slice(starts_K[k] + m * sizes_K[k], starts_K[k] + (m + 1) * sizes_K[k])
            theta_S, grad_S, mean_S, square_S = theta_P[place], grad_P[place], mean_P[place], square_P[place]
            for s in range(sizes_K[k]):
                theta = theta_S[s]
                grad = (grad_S[s] + l2 * theta) * scale + decay * theta
                mean_S[s] = beta1 * mean_S[s] + new1 * grad
                square_S[s] = beta2 * square_S[s] + new2 * (grad * grad)
                theta_S[s] = theta * keep - rate * mean_S[s] / (np.sqrt(square_S[s]) * root + eps)


class Adam(Rule):
    """Adam and AdamW."""

    kernel, numbers_of = staticmethod(adam), adam_numbers
    given, names = ("beta1", "beta2", "eps", "keras", "shrink"), ("mean", "square")

    def _update(self, theta: Tensor, grad: Tensor, state: Sequence[Tensor], numbers: Sequence[Tensor]) -> None:
        (mean, square), (rate, root, eps, keep, beta1, new1, beta2, new2) = state, numbers
        mean.mul_(beta1).addcmul_(grad, new1)
        square.mul_(beta2).addcmul_(grad * grad, new2)
        theta.mul_(keep).sub_(rate * mean / (square.sqrt() * root + eps))
