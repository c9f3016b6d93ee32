"""Update rules over the parameters of a cohort, each run with its own numbers: by kernels on a CPU, by PyTorch elsewhere.

PyTorch's and Keras' forms are one formula with other numbers. Keras adds epsilon to Adam's root before the bias
correction, and under RMSprop's root; its momentum takes up gradients times the learning rate of their own step. Needs
torch, so it is imported when an optimizer is made.

Source: `torch/optim/{sgd,adam,rmsprop}.py`, PyTorch 2; the `update_step` of `keras/src/optimizers/{sgd,adam,rmsprop}.py`,
Keras 3.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
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

    def __init__(
        self,
        parameters: Parameters,
        updates: Sequence[Update],
        penalties: tuple[Sequence[nn.Parameter], np.ndarray] = ((), np.zeros(0)),
        clip_M: np.ndarray | None = None,
    ) -> None:
        self.parameters, self.count = parameters, 0
        self.numbers = {name: np.array([u.numbers[name] for u in updates], float) for name in updates[0].numbers}
        self.lr_M = self.numbers.pop("lr")
        self.clip_M = clip_M
        self.decay_M = self._decay().astype(np.float32)
        penalized = {id(parameter) for parameter in penalties[0]}
        l2_KM = [penalties[1] if id(p) in penalized else np.zeros(len(updates)) for p in parameters.parameters]
        self.l2_KM = np.array(l2_KM, np.float32)
        self.remembered = self._remembered()
        sizes = {name: parameters.theta_P.numel() if runs.any() else 0 for name, runs in self.remembered.items()}
        self.state = {name: parameters.theta_P.new_zeros(size) for name, size in sizes.items()}
        self._flat = [parameters.theta_P, parameters.grad_P, *self.state.values()]

    @abstractmethod
    def _remembered(self) -> Mapping[str, np.ndarray]:
        """Names of what is kept of each parameter, and which runs need it."""

    @abstractmethod
    def _numbers(self) -> tuple[np.ndarray, ...]:
        """What the kernel takes for this step, a number a run."""

    @abstractmethod
    def _update(self, theta: Tensor, grad: Tensor, state: Sequence[Tensor], numbers: Sequence[Tensor]) -> None:
        """The kernel's formula by PyTorch, on one parameter of all runs; numbers have shape (run, 1)."""

    def _decay(self) -> np.ndarray:
        return self.numbers["weight_decay"]

    def step(self) -> None:
        """One update of every run."""
        self.count += 1
        numbers = tuple(number.astype(np.float32) for number in self._numbers())
        if kernels.on_cpu(self.parameters.theta_P):
            theta, grad, *state = (flat.numpy() for flat in self._flat)
            blocks = self.parameters.starts_K, self.parameters.sizes_K
            scale_M = self._scale(theta, grad, blocks)
            self.kernel((theta, grad), tuple(state), blocks, (self.l2_KM, scale_M, self.decay_M), numbers)
        else:
            self._step_by_torch(numbers)

    def _scale(self, theta: np.ndarray, grad: np.ndarray, blocks: Any) -> np.ndarray:
        """What shortens gradients that are longer than the limit.

        Source: Pascanu et al. (2013), Algorithm 1, in the form of `clip_grad_norm_`.
        """
        if self.clip_M is None:
            return np.ones(len(self.lr_M), np.float32)
        squares_M = np.empty(len(self.lr_M))
        kernels.square_norms((theta, grad), blocks, self.l2_KM, squares_M)
        return np.minimum(self.clip_M / (np.sqrt(squares_M) + 1e-6), 1.0).astype(np.float32)

    def _step_by_torch(self, numbers: Sequence[np.ndarray]) -> None:
        theta_P = self.parameters.theta_P
        column = lambda number_M: torch.from_numpy(number_M).to(theta_P.device).unsqueeze(1)
        blocks = [self.parameters.blocks(flat_P) if flat_P.numel() else [] for flat_P in self._flat]
        grads = [g.addcmul_(theta, column(l2)) for theta, g, l2 in zip(*blocks[:2], self.l2_KM, strict=True)]
        if self.clip_M is not None:
            norm_M1 = torch.cat([torch.linalg.vector_norm(g, dim=1, keepdim=True) for g in grads], 1).norm(dim=1)
            scale_M1 = (torch.from_numpy(self.clip_M).to(norm_M1) / (norm_M1 + 1e-6)).clamp(max=1.0).unsqueeze(1)
            torch._foreach_mul_(grads, scale_M1)
        for k, (theta, grad) in enumerate(zip(blocks[0], grads, strict=True)):
            grad.addcmul_(theta, column(self.decay_M))
            self._update(theta, grad, [of[k] for of in blocks[2:] if of], [column(number) for number in numbers])


class Adam(Rule):
    """Adam and, with `decoupled_weight_decay`, AdamW."""

    kernel = staticmethod(kernels.adam)

    def _remembered(self) -> Mapping[str, np.ndarray]:
        return dict.fromkeys(("mean", "square"), np.ones(len(self.lr_M), bool))

    def _decay(self) -> np.ndarray:
        return self.numbers["weight_decay"] * (1 - self.numbers["decoupled_weight_decay"])

    def _numbers(self) -> tuple[np.ndarray, ...]:
        beta1_M, beta2_M, eps_M = (self.numbers[name] for name in ("beta1", "beta2", "eps"))
        first_M, second_M = 1 - beta1_M**self.count, np.sqrt(1 - beta2_M**self.count)
        keras_M = self.numbers["keras"]
        rate_M = self.lr_M * np.where(keras_M, second_M, 1.0) / first_M
        root_M = np.where(keras_M, 1.0, 1 / second_M)
        keep_M = 1 - self.lr_M * self.numbers["weight_decay"] * self.numbers["decoupled_weight_decay"]
        return rate_M, root_M, eps_M, keep_M, beta1_M, 1 - beta1_M, beta2_M, 1 - beta2_M

    def _update(self, theta: Tensor, grad: Tensor, state: Sequence[Tensor], numbers: Sequence[Tensor]) -> None:
        (mean, square), (rate, root, eps, keep, beta1, new1, beta2, new2) = state, numbers
        mean.mul_(beta1).addcmul_(grad, new1)
        square.mul_(beta2).addcmul_(grad * grad, new2)
        theta.mul_(keep).sub_(rate * mean / (square.sqrt() * root + eps))


class SGD(Rule):
    """SGD with momentum, plain or Nesterov's."""

    kernel = staticmethod(kernels.sgd)

    def _remembered(self) -> Mapping[str, np.ndarray]:
        return {"velocity": self.numbers["momentum"] > 0}

    def _numbers(self) -> tuple[np.ndarray, ...]:
        keras_M = self.numbers["keras"]
        inner_M, outer_M = np.where(keras_M, self.lr_M, 1.0), np.where(keras_M, 1.0, self.lr_M)
        return inner_M, outer_M, self.numbers["momentum"], self.numbers["nesterov"]

    def _update(self, theta: Tensor, grad: Tensor, state: Sequence[Tensor], numbers: Sequence[Tensor]) -> None:
        inner, outer, momentum, ahead = numbers
        step = grad * inner
        for velocity in state:
            velocity.mul_(momentum).add_(step)
            step = torch.where(ahead > 0, momentum * velocity + step, velocity)
        theta.sub_(outer * step)


class RMSprop(Rule):
    """RMSprop with momentum."""

    kernel = staticmethod(kernels.rmsprop)

    def _remembered(self) -> Mapping[str, np.ndarray]:
        return {"square": np.ones(len(self.lr_M), bool), "velocity": self.numbers["momentum"] > 0}

    def _numbers(self) -> tuple[np.ndarray, ...]:
        keras_M, eps_M, rho_M = (self.numbers[name] for name in ("keras", "eps", "rho"))
        inner_M, outer_M = np.where(keras_M, self.lr_M, 1.0), np.where(keras_M, 1.0, self.lr_M)
        under_M, beside_M = np.where(keras_M, eps_M, 0.0), np.where(keras_M, 0.0, eps_M)
        return inner_M, outer_M, self.numbers["momentum"], rho_M, 1 - rho_M, under_M, beside_M

    def _update(self, theta: Tensor, grad: Tensor, state: Sequence[Tensor], numbers: Sequence[Tensor]) -> None:
        inner, outer, momentum, rho, new, under, beside = numbers
        square, *velocities = state
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
    parameters = Parameters(list(network.parameters()), network.num_runs)
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
    return [
        {"count": torch.tensor(optimizer.count)}
        | {
            name: optimizer.parameters.row(flat_P, m)
            for name, flat_P in optimizer.state.items()
            if optimizer.remembered[name][m]
        }
        for m in range(optimizer.parameters.num_runs)
    ]


def set_states(optimizer: Rule, states: Sequence[Mapping[str, Tensor]]) -> None:
    """Give the optimizer what `states_of` returned of each of its runs, which have taken as many steps."""
    optimizer.count = int(states[0]["count"])
    for m, state in enumerate(states):
        for name, flat_P in optimizer.state.items():
            if name in state:
                optimizer.parameters.set_row(flat_P, m, state[name])
