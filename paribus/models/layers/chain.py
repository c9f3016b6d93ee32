"""How gradients go back: every layer says its own, since recording a graph takes a part of a small network's step.

A layer has `forward`, what it does in evaluation, and `vjp`, what it does in training. `vjp` returns the output and a
pullback, which takes the gradient of the output to that of the input and writes those of the parameters into their
`.grad`, which must be allocated. None of it is seen by PyTorch's autograd.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from torch import Tensor

Pullback = Callable[[Tensor], Tensor]
"""From the gradient of an output to that of the input, the vector-Jacobian product; empty if that was not needed."""


class Differentiable(Protocol):
    """What a layer can do beside `nn.Module`'s `forward`."""

    def vjp(self, x: Any, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """The output in training, and its pullback, which may leave the input's gradient out unless it is needed."""
        ...


def chain(modules: Iterable[Any], x: Any, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
    """The `vjp` of layers one after another; what a pullback keeps is free as soon as it is done.

    Args:
        modules: layers.
        x: input of the first.
        needs_input_grad: whether the gradient of `x` is needed.
    """
    backs: list[Pullback] = []
    layer: Differentiable
    for layer in modules:
        x, back = layer.vjp(x, needs_input_grad)
        backs.append(back)
        needs_input_grad = True

    def pull(grad: Tensor) -> Tensor:
        while backs:
            grad = backs.pop()(grad)
        return grad

    return x, pull
