"""Activations and dropout, stacked."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from paribus import kernels
from paribus.models.blueprint import Framework
from paribus.models.layers.chain import Pullback
from paribus.models.layers.tape import Buffers, Call, Tape

LEAKY_SLOPE = {"pytorch": 0.01, "keras": 0.3, "sklearn": 0.01}
"""Of `torch.nn.LeakyReLU` and `keras.layers.LeakyReLU`; scikit-learn has none."""

VECTOR = 64
"""Floats that every vector loop of PyTorch divides; an array of a multiple of them has no rest."""

Gradient = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From the gradient of the output, the input and the output to the gradient of the input."""


def elementwise(function: Callable[..., Tensor], *tensors: Tensor) -> Tensor:
    """Apply `function` so that each run gets the bits it has alone: filled up until no run ends within a vector."""
    shape, count = tensors[0].shape, tensors[0][0].numel()
    rest = -count % VECTOR
    if rest == 0:
        return function(*tensors)
    filled = (functional.pad(tensor.flatten(1), (0, rest)) for tensor in tensors)
    return function(*filled)[:, :count].reshape(shape)


class Activate(nn.Module):
    """An elementwise non-linearity; `leak` is the slope below 0 of one that is linear there and above, else None."""

    def __init__(self, function: str, conventions: Framework = "pytorch", slope: float | None = None) -> None:
        super().__init__()
        self.name = function
        slope = LEAKY_SLOPE[conventions] if slope is None else slope
        self.leak = {"relu": 0.0, "leaky_relu": slope}.get(function)
        self.function, self.gradient = _functions(function, slope)

    def forward(self, x_MBF: Tensor) -> Tensor:
        """Shape unchanged."""
        return self.function(x_MBF)

    def vjp(self, x: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """The function, and its derivative times the gradient."""
        y = self.function(x)
        return y, lambda grad: self.gradient(grad, x, y)

    def add_to(self, tape: Tape, buffers: Buffers) -> Buffers:
        """Put the function and its derivative on the tape."""
        (x, grad_x), y, grad_y = buffers, torch.empty_like(buffers[0]), torch.empty_like(buffers[0])
        tape.add([self._forward_call(x, y)], [] if grad_x is None else [self._backward_call(grad_y, x, y, grad_x)])
        return y, grad_y

    def _forward_call(self, x: Tensor, y: Tensor) -> Call:
        if self.name == "relu":
            return partial(kernels.relu, x.flatten().numpy(), y.flatten().numpy())
        return lambda: y.copy_(self.function(x))

    def _backward_call(self, grad_y: Tensor, x: Tensor, y: Tensor, grad_x: Tensor) -> Call:
        if self.name == "relu":
            return partial(kernels.relu_back, *(array.flatten().numpy() for array in (grad_y, y, grad_x)))
        return lambda: grad_x.copy_(self.gradient(grad_y, x, y))


def _functions(name: str, leaky_slope: float) -> tuple[Callable[[Tensor], Tensor], Gradient]:
    """An activation and its gradient; filled up where vector code rounds other than the code for an array's rest."""
    aten = torch.ops.aten
    match name:
        case "relu":
            return torch.relu, lambda grad, x, y: aten.threshold_backward(grad, y, 0)
        case "leaky_relu":
            leaky = partial(functional.leaky_relu, negative_slope=leaky_slope)
            return leaky, lambda grad, x, y: aten.leaky_relu_backward(grad, x, leaky_slope, False)
        case "gelu":
            return _filled(functional.gelu), lambda grad, x, y: elementwise(aten.gelu_backward, grad, x)
        case "tanh":
            return _filled(torch.tanh), lambda grad, x, y: elementwise(aten.tanh_backward, grad, y)
        case _:
            return _filled(torch.sigmoid), lambda grad, x, y: elementwise(aten.sigmoid_backward, grad, y)


def _filled(function: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    return partial(elementwise, function)


class Dropout(nn.Module):
    """Zeroing of inputs, with a rate and a stream for each run, the state of whose SFC64 is in `states_M4`.

    16 random bits decide an element, so a rate is met within 2**-17, and the scale makes up for the rounding.

    Source: Srivastava et al. (2014), section 4, inverted (scaled while training).
    """

    threshold: Tensor
    scale: Tensor

    def __init__(self, rates: Sequence[float]) -> None:
        super().__init__()
        kept_M = np.clip(np.round((1 - np.asarray(rates)) * 2**16), 1, 2**16 - 1)
        self.register_buffer("threshold", torch.tensor(kept_M - 2**15, dtype=torch.float32).view(-1, 1))
        self.register_buffer("scale", torch.tensor(2**16 / kept_M, dtype=torch.float32).view(-1, 1))
        self.states_M4 = np.zeros((len(rates), 4), np.uint64)

    def forward(self, x: Tensor) -> Tensor:
        """The identity."""
        return x

    def vjp(self, x: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """Draw a mask, which the gradient passes too; shape (run, ...), unchanged."""
        room_MK, drawn_MK = _random_buffers(x)
        kernels.draw(self.states_M4, room_MK)
        if kernels.on_cpu(x):
            mask = partial(self._masked, drawn_MK)
            return mask(x), mask
        drawn = torch.from_numpy(drawn_MK).to(x.device, torch.float32)
        kept = torch.sub(self.threshold, drawn, out=drawn).clamp_(0, 1)  # whole numbers: 1 where drawn < threshold
        factor = kept.mul_(self.scale).view(x.shape).to(x.dtype)
        return x * factor, factor.mul

    def _masked(self, drawn_MK: np.ndarray, x: Tensor) -> Tensor:
        out = torch.empty_like(x, memory_format=torch.contiguous_format)
        self.mask(drawn_MK, x.contiguous(), out)()
        return out

    def mask(self, drawn_MK: np.ndarray, x: Tensor, out: Tensor, floor: float = -math.inf) -> Call:
        """The call that writes x without what was drawn to be left out, and what is below the floor."""
        numbers = self.threshold[:, 0].numpy(), self.scale[:, 0].numpy()
        arrays = kernels.array(x.flatten(1)), drawn_MK, numbers, np.float32(floor), kernels.array(out.flatten(1))
        return partial(kernels.dropout, *arrays)

    def add_to(self, tape: Tape, buffers: Buffers) -> Buffers:
        """Put the draw of a mask and its use on the tape."""
        (x, grad_x), y, grad_y = buffers, torch.empty_like(buffers[0]), torch.empty_like(buffers[0])
        draw, drawn_MK = self.drawing(x)
        back = [] if grad_x is None else [self.mask(drawn_MK, grad_y, grad_x)]
        tape.add([draw, self.mask(drawn_MK, x, y)], back)
        return y, grad_y

    def drawing(self, x: Tensor) -> tuple[Call, np.ndarray]:
        """The call that draws 16 bits for each number of x, and where they will be, shape (run, number)."""
        room_MK, drawn_MK = _random_buffers(x)
        return partial(kernels.draw, self.states_M4, room_MK), drawn_MK


def _random_buffers(x: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """A buffer for random numbers, and 16 bits of it for each number of x."""
    room_MK = np.empty((len(x), -(-x[0].numel() // 4)), np.uint64)
    return room_MK, room_MK.view(np.int16)[:, : x[0].numel()]
