"""A step of layers on rows of features as a list of calls, recorded once for a batch's shape.

Most of a small network's step would otherwise be Python: making arrays, closures and views. On a tape all arrays stay
from step to step, and what is left are the calls that compute, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from paribus import kernels
from paribus.models.layers.chain import Pullback, chain

Call = Callable[[], Any]
Buffers = tuple[Tensor, Tensor | None]
"""An array of rows and one for its gradient; None where that is not needed."""


@dataclass(frozen=True)
class _SetPrecision:
    """Sets how float32 matrices are multiplied from here on."""

    precision: str

    def __call__(self) -> None:
        torch.set_float32_matmul_precision(self.precision)


@runtime_checkable
class Recorded(Protocol):
    """A layer that a tape can hold."""

    def add_to(self, tape: Tape, buffers: Buffers) -> Buffers:
        """Put the layer's calls on the tape, and return the buffers of its output and of the gradient of that."""
        ...


class Tape:
    """Calls of a step, on the way to the output and back."""

    def __init__(self) -> None:
        self.forward: list[Call] = []
        self._backward: list[tuple[Call, ...]] = []
        self._usual = torch.get_float32_matmul_precision()

    def add(self, forward: Iterable[Call], backward: Iterable[Call]) -> None:
        """A layer's calls: forward after all that are there, backward before them."""
        self.forward += forward
        self._backward.append(tuple(backward))

    def multiply(self, calls: Iterable[Call], exact: bool) -> list[Call]:
        """Calls of matrix products, in float32 if `exact` and else as is usual here."""
        return [_SetPrecision("highest" if exact else self._usual), *calls]

    def follow(self, layers: Iterable[Any], buffers: Buffers) -> Buffers:
        """Record layers one after another; returns the buffers of the last."""
        for layer in layers:
            buffers = layer.add_to(self, buffers)
        return buffers

    def calls(self) -> tuple[list[Call], list[Call]]:
        """The calls in their order, with no more changes between kinds of products than are needed."""
        back = [call for calls in reversed(self._backward) for call in calls]
        return self._without_needless_switches(self.forward), self._without_needless_switches(back)

    def _without_needless_switches(self, calls: Iterable[Call]) -> list[Call]:
        kept, now = [], _SetPrecision(self._usual)
        for call in (*calls, now):
            if isinstance(call, _SetPrecision):
                kept += [] if call == now else [call]
                now = call
            else:
                kept.append(call)
        return kept


def add_vjp(
    vjp: Callable[[Tensor, bool], tuple[Tensor, Pullback]], tape: Tape, buffers: Buffers
) -> tuple[Tensor, Tensor]:
    """Put the `vjp` of a layer that keeps the shape on a tape, as one call each way; returns its output's buffers."""
    (x, grad_x), y, grad_y = buffers, torch.empty_like(buffers[0]), torch.empty_like(buffers[0])
    pulls: list[Pullback] = []

    def play() -> None:
        found, back = vjp(x, grad_x is not None)
        y.copy_(found)
        pulls[:] = [back]

    def pull() -> None:
        found = pulls.pop()(grad_y)
        if grad_x is not None:
            grad_x.copy_(found)

    tape.add([play], [pull])
    return y, grad_y


class Stack:
    """Layers that a tape can hold, one after another: recorded where they are given rows on a CPU."""

    def __init__(self, layers: Sequence[Any]) -> None:
        self.layers = list(layers)
        self._recorded: dict[tuple[Any, ...], Callable[[Any], tuple[Tensor, Pullback]]] = {}

    def __call__(self, x: Any) -> Tensor:
        """In evaluation, one layer after another."""
        for layer in self.layers:
            x = layer(x)
        return x

    def vjp(self, x: Any, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """One layer after another; the output and the input's gradient are overwritten by the next step."""
        if isinstance(x, Tensor) and (x.dim() > 3 or not kernels.on_cpu(x)):
            return chain(self.layers, x, needs_input_grad)
        key = type(x), x.shape, needs_input_grad
        if key not in self._recorded:
            self._recorded[key] = self._record(x, needs_input_grad)
        return self._recorded[key](x)

    def _record(self, x: Any, needs_input_grad: bool) -> Callable[[Any], tuple[Tensor, Pullback]]:
        tape, grad_x = Tape(), torch.empty_like(x) if needs_input_grad else None
        y, grad_y = tape.follow(self.layers, (x, grad_x))
        assert grad_y is not None
        y.grad = grad_y  # the objective writes the loss gradient straight into this buffer
        forward_calls, back = tape.calls()
        found = y.new_empty(0) if grad_x is None else grad_x

        def pull(grad: Tensor) -> Tensor:
            if grad is not grad_y:
                grad_y.copy_(grad)
            for call in back:
                call()
            return found

        def play(given: Any) -> tuple[Tensor, Pullback]:
            if given is not x:
                x.copy_(given)
            for call in forward_calls:
                call()
            return y, pull

        return play


def stages(layers: Iterable[Any]) -> list[Any]:
    """Layers with neighbours that a tape can hold put together."""
    found: list[Any] = []
    for recorded, group in groupby(layers, key=lambda layer: isinstance(layer, Recorded)):
        neighbours = list(group)
        found += [Stack(neighbours)] if recorded else neighbours
    return found
