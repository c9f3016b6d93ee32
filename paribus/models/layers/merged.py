"""Layers that are done in one on a CPU, so that no array lies between them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from paribus import kernels
from paribus.models.layers.activation import Activate, Dropout
from paribus.models.layers.chain import Pullback, chain
from paribus.models.layers.images import MaxPool
from paribus.models.layers.norm import BatchNorm
from paribus.models.layers.tape import Buffers, Call, Tape


class NormPool:
    """Batch norm, pooling by 2 x 2 and a rectifier, leaky or not or missing."""

    def __init__(self, norm: BatchNorm, pool: MaxPool, activation: Activate | None) -> None:
        self.norm = norm
        self._layers = (norm, pool) if activation is None else (norm, pool, activation)
        self._leak = np.float32(1.0 if activation is None else activation.leak)

    def __call__(self, x_MBHWC: Tensor) -> Tensor:
        """In evaluation, by the running statistics."""
        if not kernels.on_cpu(x_MBHWC):
            for layer in self._layers:
                x_MBHWC = layer(x_MBHWC)
            return x_MBHWC
        mean, variance = _channels(self.norm.running_mean), _channels(self.norm.running_var)
        return self._pooled(x_MBHWC.contiguous(), (mean, 1 / np.sqrt(variance + np.float32(self.norm.epsilon))))[0]

    def vjp(self, x_MBHWC: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """All three in one pass, and their gradients in two."""
        if not kernels.on_cpu(x_MBHWC):
            return chain(self._layers, x_MBHWC, needs_input_grad)
        x_MBHWC, norm = x_MBHWC.contiguous(), self.norm
        x, running = kernels.array(x_MBHWC), (_channels(norm.running_mean), _channels(norm.running_var))
        mean, inverse = (np.empty_like(running[0]) for _ in range(2))
        numbers = np.float32(norm.epsilon), np.float32(norm.momentum), norm.unbiased
        pixels = x.reshape(*x.shape[:2], x.shape[2] * x.shape[3], x.shape[4])
        kernels.image_statistics(pixels, numbers, (*running, mean, inverse))
        y_MBHWC, place = self._pooled(x_MBHWC, (mean, inverse))

        def back(grad_MBHWC: Tensor) -> Tensor:
            assert norm.weight.grad is not None
            assert norm.bias.grad is not None
            grad_x_MBHWC, grad = torch.empty_like(x_MBHWC), kernels.array(grad_MBHWC.contiguous())
            kept, factors = (x, kernels.array(y_MBHWC), place), (_channels(norm.weight), mean, inverse, self._leak)
            gradients = _channels(norm.weight.grad), _channels(norm.bias.grad)
            kernels.norm_pool_sums(grad, kept, factors, gradients)
            kernels.norm_pool_back(grad, kept, factors, gradients, kernels.array(grad_x_MBHWC))
            return grad_x_MBHWC

        return y_MBHWC, back

    def _pooled(self, x_MBHWC: Tensor, statistics: tuple[np.ndarray, np.ndarray]) -> tuple[Tensor, np.ndarray]:
        """The output, and which of its window each number was."""
        runs, rows, height, width, channels = x_MBHWC.shape
        y_MBHWC = x_MBHWC.new_empty(runs, rows, height // 2, width // 2, channels)
        place, affine = np.empty(y_MBHWC.shape, np.uint8), (_channels(self.norm.weight), _channels(self.norm.bias))
        kernels.norm_pool(kernels.array(x_MBHWC), affine, statistics, self._leak, (kernels.array(y_MBHWC), place))
        return y_MBHWC, place


class ReluDropout:
    """A rectifier and dropout."""

    def __init__(self, relu: Activate, dropout: Dropout) -> None:
        self.relu, self.dropout = relu, dropout

    def __call__(self, x: Tensor) -> Tensor:
        """In evaluation, the rectifier."""
        return self.relu(x)

    def vjp(self, x: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """One after the other, as it is for devices and images."""
        return chain((self.relu, self.dropout), x, needs_input_grad)

    def add_to(self, tape: Tape, buffers: Buffers) -> Buffers:
        """Put both in one call on the tape, and so back."""
        (x, grad_x), y, grad_y = buffers, torch.empty_like(buffers[0]), torch.empty_like(buffers[0])
        draw, drawn_MK = self.dropout.drawing(x)
        back: list[Call] = []
        if grad_x is not None:
            grad_MK, y_MK, out_MK = (array.flatten(1).numpy() for array in (grad_y, y, grad_x))
            back = [partial(kernels.relu_dropout_back, grad_MK, y_MK, self.dropout.scale[:, 0].numpy(), out_MK)]
        tape.add([draw, self.dropout.mask(drawn_MK, x, y, floor=0.0)], back)
        return y, grad_y


def merged(layers: Sequence[Any]) -> list[Any]:
    """Layers, with those in one that `NormPool` or `ReluDropout` can do."""
    found: list[Any] = []
    left = list(layers)
    while left:
        match left:
            case [BatchNorm() as norm, MaxPool(size=2, stride=2) as pool, Activate(leak=float()) as activation, *left]:
                found.append(NormPool(norm, pool, activation))
            case [BatchNorm() as norm, MaxPool(size=2, stride=2) as pool, *left]:
                found.append(NormPool(norm, pool, None))
            case [Activate(name="relu") as relu, Dropout() as dropout, *left]:
                found.append(ReluDropout(relu, dropout))
            case _:
                found.append(left.pop(0))
    return found


def _channels(row_M1C: Tensor) -> np.ndarray:
    return kernels.array(row_M1C[:, 0])
