"""Update rules, each run with its own numbers: by kernels on a CPU, by PyTorch elsewhere.

PyTorch's and Keras' forms are one formula with other numbers. Keras adds epsilon to Adam's root before the bias
correction, and under RMSprop's root; its momentum takes up gradients times the learning rate of their own step. Needs
torch, so it is imported when an optimizer is made.

Source: `torch/optim/{sgd,adam,rmsprop}.py`, PyTorch 2; the `update_step` of `{sgd,adam,rmsprop}.py` in
`keras/src/optimizers`, Keras 3.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from paribus import kernels
from paribus.models.network import Network, OwnNetwork
from paribus.spec import Recipe
from paribus.spec.parts import call_part
from paribus.training.optimizers.update import Update
from paribus.training.parameters import Parameters


class Rule(ABC):
    """An optimizer.

    Args:
        parameters: of all runs.
        updates: one a run, all of one rule.
        penalties: parameters with an L2 penalty, and twice its factor for each run; none unless given.
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
        numbers = {name: np.array([u.numbers[name] for u in updates], float) for name in updates[0].numbers}
        self.lr_M, self.given_M = numbers["lr"], tuple(numbers[name] for name in self.given)
        penalized = {id(parameter) for parameter in penalties[0]}
        l2_KM = [penalties[1] if id(p) in penalized else np.zeros(len(updates)) for p in parameters.parameters]
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
        self._play()

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
                kernels.square_norms(flat, blocks, l2_KM, squares_M)
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


def _column(number_M: np.ndarray, device: torch.device) -> Tensor:
    return torch.as_tensor(number_M, dtype=torch.float32).to(device).unsqueeze(1)


class Adam(Rule):
    """Adam and AdamW."""

    kernel, numbers_of = staticmethod(kernels.adam), kernels.adam_numbers
    given, names = ("beta1", "beta2", "eps", "keras", "shrink"), ("mean", "square")

    def _update(self, theta: Tensor, grad: Tensor, state: Sequence[Tensor], numbers: Sequence[Tensor]) -> None:
        (mean, square), (rate, root, eps, keep, beta1, new1, beta2, new2) = state, numbers
        mean.mul_(beta1).addcmul_(grad, new1)
        square.mul_(beta2).addcmul_(grad * grad, new2)
        theta.mul_(keep).sub_(rate * mean / (square.sqrt() * root + eps))


class SGD(Rule):
    """SGD with momentum, plain or Nesterov's."""

    kernel, numbers_of = staticmethod(kernels.sgd), kernels.sgd_numbers
    given, names = ("momentum", "nesterov", "keras"), ("velocity",)

    def _update(self, theta: Tensor, grad: Tensor, state: Sequence[Tensor], numbers: Sequence[Tensor]) -> None:
        inner, outer, momentum, ahead = numbers
        step = grad * inner
        for velocity in state:
            velocity.mul_(momentum).add_(step)
            step = torch.where(ahead > 0, momentum * velocity + step, velocity)
        theta.sub_(outer * step)


class RMSprop(Rule):
    """RMSprop with momentum."""

    kernel, numbers_of = staticmethod(kernels.rmsprop), kernels.rmsprop_numbers
    given, names = ("momentum", "rho", "eps", "keras"), ("square", "velocity")

    def _update(self, theta: Tensor, grad: Tensor, state: Sequence[Tensor], numbers: Sequence[Tensor]) -> None:
        (square, *velocities), (inner, outer, momentum, rho, new, under, beside) = state, numbers
        square.mul_(rho).addcmul_(grad * grad, new)
        step = inner * grad / ((square + under).sqrt() + beside)
        for velocity in velocities:
            step = velocity.mul_(momentum).add_(step)
        theta.sub_(outer * step)


_RULES: dict[str, type[Rule]] = {"adam": Adam, "sgd": SGD, "rmsprop": RMSprop}


def optimizer_of(recipes: Sequence[Recipe], network: Network | OwnNetwork) -> Rule:
    """The optimizer of a cohort, with each run's own numbers.

    The penalty's gradient is 2 * l2 * weight, as of Keras' `regularizers.L2`.

    Args:
        recipes: one a run.
        network: of the runs; its parameters become views, see `Parameters`.
    """
    parameters = Parameters(network.trained, network.num_runs)
    clip_M = np.array([math.inf if recipe.clip_norm is None else recipe.clip_norm for recipe in recipes])
    return make_optimizer(
        parameters,
        [call_part("optimizer", recipe.optimizer) for recipe in recipes],
        (network.kernels, np.array([2 * recipe.l2 for recipe in recipes])),
        clip_M if np.isfinite(clip_M).any() else None,
    )


def make_optimizer(
    parameters: Parameters,
    updates: Sequence[Update],
    penalties: tuple[Sequence[nn.Parameter], np.ndarray] = ((), np.zeros(0)),
    clip_M: np.ndarray | None = None,
) -> Rule:
    """The rule that the updates name; arguments as for `Rule`."""
    return _RULES[updates[0].rule](parameters, updates, penalties, clip_M)


def states_of(optimizer: Rule) -> list[dict[str, Tensor]]:
    """What the optimizer remembers of each run."""
    return [state_of(optimizer, m) for m in range(optimizer.parameters.num_runs)]


def state_of(optimizer: Rule, m: int) -> dict[str, Tensor]:
    """What the optimizer remembers of the run at place m."""
    return {"count": torch.tensor(optimizer.count)} | {
        name: optimizer.parameters.row(flat_P, m)
        for name, flat_P in optimizer.state.items()
        if optimizer.remembered[name][m]
    }


def set_states(optimizer: Rule, states: Sequence[Mapping[str, Tensor]]) -> None:
    """Give the optimizer what `states_of` returned of each of its runs, which have taken as many steps."""
    optimizer.count = int(states[0]["count"])
    for m, state in enumerate(states):
        for name, flat_P in optimizer.state.items():
            if name in state:
                optimizer.parameters.set_row(flat_P, m, state[name])
