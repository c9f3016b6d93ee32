"""Update rules: one pass over the parameters of all runs.

Parameters, gradients and what a rule remembers are flat arrays; the block of parameter k begins at starts_K[k], and in
it run m has sizes_K[k] numbers from m * sizes_K[k]. To the gradient comes l2_KM times the parameter, scale_M is a
factor of that sum, and decay_M times the parameter comes last. `numbers` are the number of the step, from 1, each run's
learning rate, and its further numbers; from these the `*_numbers` make what a formula needs, once a run and step, in
float64, as they do for PyTorch's tensors where there are no kernels.

The last run comes first: its gradient was written last and is still in the cache, and the first run's parameters will
be, whose products are the next step's first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from paribus.kernels.compiled import compiled, compiled_sum, inlined

Flat = tuple[np.ndarray, np.ndarray]
Blocks = tuple[np.ndarray, np.ndarray]
Terms = tuple[np.ndarray, np.ndarray, np.ndarray]
Numbers = tuple[int, np.ndarray, tuple[np.ndarray, ...]]

_ZERO = np.float32(0)


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


@compiled_sum
def square_norms(parameters: Flat, blocks: Blocks, l2_KM: np.ndarray, out_M: np.ndarray) -> None:
    """Sum of the squares of each run's gradient, float64."""
    (theta_P, grad_P), (starts_K, sizes_K) = parameters, blocks
    out_M[:] = 0.0
    for k in range(len(starts_K)):
        for m in range(len(out_M)):
            place = slice(starts_K[k] + m * sizes_K[k], starts_K[k] + (m + 1) * sizes_K[k])
            theta_S, grad_S, total = theta_P[place], grad_P[place], 0.0
            for s in range(sizes_K[k]):
                grad = np.float64(grad_S[s] + l2_KM[k, m] * theta_S[s])
                total += grad * grad
            out_M[m] += total
