"""What every update rule shares. A rule's file, `adam_rule` beside `adam`, has its kernel and the same by PyTorch.

Parameters, gradients and what a rule remembers are flat arrays; the block of parameter k begins at starts_K[k], and in
it run m has sizes_K[k] numbers from m * sizes_K[k]. A rule steps by

    gradient = scale_M * (grad + l2_KM * theta) + decay_M * theta

A kernel's `numbers` are the number of the step, from 1, each run's learning rate, and its further numbers; from these
the `*_numbers` make what a formula needs, once per run and step, in float64, as they do for PyTorch's tensors where
there are no kernels. PyTorch's and Keras' forms are one formula with other numbers.

A kernel begins with the last run: its gradient was written last and is still in the cache, and the first run's
parameters will be, whose products are the next step's first.

Needs torch, so it is imported when an optimizer is made.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from paribus import kernels
from paribus.kernels.compiled import compiled_sum
from paribus.models.network import Network
from paribus.models.parameters import Parameters
from paribus.spec import Recipe
from paribus.spec.parts import call_part
from paribus.training.optimizers.update import Update

Flat = tuple[np.ndarray, np.ndarray]
Blocks = tuple[np.ndarray, np.ndarray]
Terms = tuple[np.ndarray, np.ndarray, np.ndarray]
Numbers = tuple[int, np.ndarray, tuple[np.ndarray, ...]]


class Rule(ABC):
    """An optimizer.

    Args:
        parameters: of all runs.
        updates: one per run, all of one rule.
        penalties: parameters with an L2 penalty, and twice its factor for each run, or each of them and each run; none
            unless given.
        clip_M: largest norm of each run's gradient, penalty included; no limit unless given.
    """

    kernel: ClassVar[Callable[..., None]]
    numbers_of: ClassVar[Any]
    """What the formula needs, from the step's number, the learning rate and what `given` names."""
    given: ClassVar[Sequence[str]]
    names: ClassVar[Sequence[str]]
    """Of what is remembered of each parameter; `velocity` only by runs with momentum."""

    def __init__(
        self,
        parameters: Parameters,
        updates: Sequence[Update],
        penalties: tuple[Sequence[nn.Parameter], np.ndarray] = ((), np.zeros(0)),
        clip_M: np.ndarray | None = None,
    ) -> None:
        self.parameters, self.count, self.clip_M = parameters, 0, clip_M
        self._absolute: list[tuple[Tensor, Tensor, Tensor]] = []
        numbers = {name: np.array([u.numbers[name] for u in updates], float) for name in updates[0].numbers}
        self.lr_M, self.given_M = numbers["lr"], tuple(numbers[name] for name in self.given)
        penalized = dict(zip(map(id, penalties[0]), _each_kernel(penalties), strict=True))
        l2_KM = [penalized.get(id(p), np.zeros(len(updates))) for p in parameters.parameters]
        ones_M = np.ones(len(updates), np.float32)
        self._terms = np.array(l2_KM, np.float32), ones_M, numbers["decay"].astype(np.float32)
        moves_M = numbers.get("momentum", ones_M) > 0
        self.remembered = {name: moves_M if name == "velocity" else ones_M > 0 for name in self.names}
        sizes = {name: parameters.theta_P.numel() if runs.any() else 0 for name, runs in self.remembered.items()}
        self.state = {name: parameters.theta_P.new_zeros(size) for name, size in sizes.items()}
        self._play = self._on_kernels() if kernels.on_cpu(parameters.theta_P) else self._on_torch()

    def step(self) -> None:
        """One update of every run."""
        self.count += 1
        for theta_MS, grad_MS, l1_M1 in self._absolute:
            grad_MS.add_(theta_MS.sign().mul_(l1_M1))
        self._play()

    def penalize(self, kernels: Sequence[nn.Parameter], l1_KM: np.ndarray) -> None:
        """From now on have a penalty on the absolute values of these parameters, too, part of the gradient.

        Args:
            kernels: the parameters.
            l1_KM: its factor for each of them and each run.

        Source: the subgradient that is 0 at 0, as of `keras.regularizers.L1` and `torch.abs`.
        """
        blocks = [self.parameters.blocks(flat_P) for flat_P in (self.parameters.theta_P, self.parameters.grad_P)]
        places = {id(p): k for k, p in enumerate(self.parameters.parameters)}
        for kernel, l1_M in zip(kernels, l1_KM, strict=True):
            if l1_M.any():
                theta_MS, grad_MS = (each[places[id(kernel)]] for each in blocks)
                self._absolute.append((theta_MS, grad_MS, _column(l1_M, theta_MS.device)))

    def penalties(self) -> np.ndarray | None:
        """What the penalties add to each run's loss with the weights as they are, float64; None without any."""
        if not self._terms[0].any() and not self._absolute:
            return None
        blocks = self.parameters.blocks(self.parameters.theta_P)
        squares = (theta_MS.double().square().sum(1).cpu().numpy() for theta_MS in blocks)
        total_M = sum((l2_M / 2 * each_M for l2_M, each_M in zip(self._terms[0], squares, strict=True)), np.zeros(1))
        for theta_MS, _, l1_M1 in self._absolute:
            total_M = total_M + (theta_MS.double().abs().sum(1) * l1_M1[:, 0]).cpu().numpy()
        return total_M

    def state_of(self, m: int) -> dict[str, Tensor]:
        """What is remembered of the run at place m, copied."""
        rows = {name: self.parameters.row(flat_P, m) for name, flat_P in self.state.items() if self.remembered[name][m]}
        return {"count": torch.tensor(self.count)} | rows

    def states(self) -> list[dict[str, Tensor]]:
        """What is remembered of each run."""
        return [self.state_of(m) for m in range(self.parameters.num_runs)]

    def set_states(self, states: Sequence[Mapping[str, Tensor]]) -> None:
        """Remember of each run what `state_of` returned; all have taken as many steps."""
        self.count = int(states[0]["count"])
        for m, state in enumerate(states):
            for name, flat_P in self.state.items():
                if name in state:
                    self.parameters.set_row(flat_P, m, state[name])

    @abstractmethod
    def _update(self, theta: Tensor, grad: Tensor, state: Sequence[Tensor], numbers: Sequence[Tensor]) -> None:
        """The kernel's formula by PyTorch, on one parameter of all runs; numbers have shape (run, 1)."""

    def _on_kernels(self) -> Callable[[], None]:
        flat = self.parameters.theta_P.numpy(), self.parameters.grad_P.numpy()
        state, blocks = (
            tuple(s.numpy() for s in self.state.values()),
            (self.parameters.starts_K, self.parameters.sizes_K),
        )
        (l2_KM, scale_M, _), squares_M, clip_M = self._terms, np.empty(len(self.lr_M)), self.clip_M

        def play() -> None:
            if clip_M is not None:
                square_norms(flat, blocks, l2_KM, squares_M)
                scale_M[:] = np.minimum(clip_M / (np.sqrt(squares_M) + 1e-6), 1.0)
            self.kernel(flat, state, blocks, self._terms, (self.count, self.lr_M, self.given_M))

        return play

    def _on_torch(self) -> Callable[[], None]:
        flat = self.parameters.theta_P, self.parameters.grad_P, *self.state.values()
        thetas, grads, *states = (self.parameters.blocks(flat_P) for flat_P in flat if flat_P.numel())
        column = partial(_column, device=self.parameters.theta_P.device)
        l2_KM1, decay_M1 = [column(l2_M) for l2_M in self._terms[0]], column(self._terms[2])

        def play() -> None:
            for theta, grad, l2_M1 in zip(thetas, grads, l2_KM1, strict=True):
                grad.addcmul_(theta, l2_M1)
            if self.clip_M is not None:
                norm_M1 = torch.stack([grad.norm(dim=1) for grad in grads]).norm(dim=0).unsqueeze(1)
                scale_M1 = (column(self.clip_M) / (norm_M1 + 1e-6)).clamp(max=1.0)
                for grad in grads:
                    grad.mul_(scale_M1)
            numbers = [column(number) for number in self.numbers_of.py_func(self.count, self.lr_M, self.given_M)]
            for theta, grad, *state in zip(thetas, grads, *states, strict=True):
                self._update(theta, grad.addcmul_(theta, decay_M1), state, numbers)

        return play


def _each_kernel(penalties: tuple[Sequence[nn.Parameter], np.ndarray]) -> np.ndarray:
    """Of each penalized parameter the numbers of each run."""
    kernels, l2 = penalties
    return np.broadcast_to(l2, (len(kernels), l2.shape[-1]))


def _column(number_M: np.ndarray, device: torch.device) -> Tensor:
    return torch.as_tensor(number_M, dtype=torch.float32).to(device).unsqueeze(1)


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


def optimizer_of(recipes: Sequence[Recipe], network: Network) -> Rule:
    """The optimizer of a cohort, with each run's own numbers.

    The penalty's gradient is 2 * l2 * weight, as of Keras' `regularizers.L2`; l2 is the recipe's and the layer's own.

    Args:
        recipes: one per run.
        network: of the runs; its parameters become views, see `Parameters`.
    """
    parameters = Parameters(network.trained, network.num_runs)
    clip_M = np.array([math.inf if recipe.clip_norm is None else recipe.clip_norm for recipe in recipes])
    asked, kernels_of = network.penalties, network.kernels
    l2_KM = [[2 * (recipe.l2 + own.l2) for recipe, own in zip(recipes, runs, strict=True)] for runs in asked]
    rule = make_optimizer(
        parameters,
        [call_part("optimizer", recipe.optimizer) for recipe in recipes],
        (kernels_of, np.array(l2_KM)),
        clip_M if np.isfinite(clip_M).any() else None,
    )
    rule.penalize(kernels_of, np.array([[own.l1 for own in runs] for runs in asked]))
    return rule


def make_optimizer(
    parameters: Parameters,
    updates: Sequence[Update],
    penalties: tuple[Sequence[nn.Parameter], np.ndarray] = ((), np.zeros(0)),
    clip_M: np.ndarray | None = None,
) -> Rule:
    """The rule that the updates name; arguments as for `Rule`."""
    file, name = updates[0].rule.split(":")
    rule: type[Rule] = getattr(import_module(f"paribus.training.optimizers.{file}"), name)
    return rule(parameters, updates, penalties, clip_M)
