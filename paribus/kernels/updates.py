"""Update rules: one pass over the parameters of all runs.

Parameters, gradients and what a rule remembers are flat arrays; the block of parameter k begins at starts_K[k], and in
it run m has sizes_K[k] numbers from m * sizes_K[k]. To the gradient comes l2_KM times the parameter, scale_M is a factor of
that sum, and decay_M times the parameter comes last.
"""

from __future__ import annotations

import numpy as np

from paribus.kernels.compiled import compiled, compiled_sum

_ZERO = np.float32(0)


@compiled
def adam(
    parameters: tuple[np.ndarray, np.ndarray],
    state: tuple[np.ndarray, np.ndarray],
    blocks: tuple[np.ndarray, np.ndarray],
    terms: tuple[np.ndarray, np.ndarray, np.ndarray],
    numbers: tuple[np.ndarray, ...],
) -> None:
    """theta = theta * keep - rate * mean / (sqrt(square) * root + eps), after mean and square took the gradient in."""
    (mean_P, square_P), (starts_K, sizes_K), (l2_KM, scale_M, decay_M) = state, blocks, terms
    theta_P, grad_P = parameters
    rate_M, root_M, eps_M, keep_M, beta1_M, new1_M, beta2_M, new2_M = numbers
    for k in range(len(starts_K)):
        for m in range(len(rate_M)):
            place = slice(starts_K[k] + m * sizes_K[k], starts_K[k] + (m + 1) * sizes_K[k])
            l2, scale, decay = l2_KM[k, m], scale_M[m], decay_M[m]
            rate, root, eps, keep = rate_M[m], root_M[m], eps_M[m], keep_M[m]
            beta1, new1, beta2, new2 = beta1_M[m], new1_M[m], beta2_M[m], new2_M[m]
            theta_S, grad_S, mean_S, square_S = theta_P[place], grad_P[place], mean_P[place], square_P[place]
            for s in range(sizes_K[k]):
                theta = theta_S[s]
                grad = (grad_S[s] + l2 * theta) * scale + decay * theta
                mean_S[s] = beta1 * mean_S[s] + new1 * grad
                square_S[s] = beta2 * square_S[s] + new2 * (grad * grad)
                theta_S[s] = theta * keep - rate * mean_S[s] / (np.sqrt(square_S[s]) * root + eps)


@compiled
def sgd(
    parameters: tuple[np.ndarray, np.ndarray],
    state: tuple[np.ndarray],
    blocks: tuple[np.ndarray, np.ndarray],
    terms: tuple[np.ndarray, np.ndarray, np.ndarray],
    numbers: tuple[np.ndarray, ...],
) -> None:
    """velocity = momentum * velocity + inner * gradient; theta -= outer * velocity, or what comes next by Nesterov."""
    (velocity_P,), (starts_K, sizes_K), (l2_KM, scale_M, decay_M) = state, blocks, terms
    theta_P, grad_P = parameters
    inner_M, outer_M, momentum_M, ahead_M = numbers
    for k in range(len(starts_K)):
        for m in range(len(inner_M)):
            place = slice(starts_K[k] + m * sizes_K[k], starts_K[k] + (m + 1) * sizes_K[k])
            l2, scale, decay = l2_KM[k, m], scale_M[m], decay_M[m]
            inner, outer, momentum, ahead = inner_M[m], outer_M[m], momentum_M[m], ahead_M[m]
            theta_S, grad_S, velocity_S = theta_P[place], grad_P[place], velocity_P[place]
            for s in range(sizes_K[k]):
                theta = theta_S[s]
                step = inner * ((grad_S[s] + l2 * theta) * scale + decay * theta)
                if momentum > _ZERO:
                    velocity_S[s] = momentum * velocity_S[s] + step
                    step = momentum * velocity_S[s] + step if ahead > _ZERO else velocity_S[s]
                theta_S[s] = theta - outer * step


@compiled
def rmsprop(
    parameters: tuple[np.ndarray, np.ndarray],
    state: tuple[np.ndarray, np.ndarray],
    blocks: tuple[np.ndarray, np.ndarray],
    terms: tuple[np.ndarray, np.ndarray, np.ndarray],
    numbers: tuple[np.ndarray, ...],
) -> None:
    """velocity = momentum * velocity + inner * gradient / (sqrt(square + under) + beside); theta -= outer * velocity."""
    (square_P, velocity_P), (starts_K, sizes_K), (l2_KM, scale_M, decay_M) = state, blocks, terms
    theta_P, grad_P = parameters
    inner_M, outer_M, momentum_M, rho_M, new_M, under_M, beside_M = numbers
    for k in range(len(starts_K)):
        for m in range(len(inner_M)):
            place = slice(starts_K[k] + m * sizes_K[k], starts_K[k] + (m + 1) * sizes_K[k])
            l2, scale, decay = l2_KM[k, m], scale_M[m], decay_M[m]
            inner, outer, momentum, rho, new = inner_M[m], outer_M[m], momentum_M[m], rho_M[m], new_M[m]
            under, beside = under_M[m], beside_M[m]
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
def square_norms(
    parameters: tuple[np.ndarray, np.ndarray],
    blocks: tuple[np.ndarray, np.ndarray],
    l2_KM: np.ndarray,
    out_M: np.ndarray,
) -> None:
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
