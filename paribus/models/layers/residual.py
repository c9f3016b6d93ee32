"""Two ways that meet again."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from paribus.models.layers.chain import Pullback, chain
from paribus.models.layers.tape import Buffers, Tape, stages


class Residual(nn.Module):
    """inner(x) + shortcut(x)."""

    def __init__(self, inner: nn.Sequential, shortcut: nn.Sequential) -> None:
        super().__init__()
        self.inner, self.shortcut = inner, shortcut
        self._ways = stages(inner), stages(shortcut)

    def forward(self, x: Tensor) -> Tensor:
        """The shape that both ways lead to."""
        return self.inner(x) + self.shortcut(x)

    def vjp(self, x: Tensor, needs_input_grad: bool = True) -> tuple[Tensor, Pullback]:
        """The sum of both ways, and the sum of what their pullbacks return."""
        (inner, inner_back), (shortcut, shortcut_back) = (chain(way, x, needs_input_grad) for way in self._ways)

        def back(grad: Tensor) -> Tensor:
            grads = inner_back(grad), shortcut_back(grad)
            return grads[0] + grads[1] if needs_input_grad else grad.new_empty(0)

        return inner + shortcut, back

    def add_to(self, tape: Tape, buffers: Buffers) -> Buffers:
        """Put both ways on the tape; each has its own gradient of the input until both are added."""
        x, grad_x = buffers
        by_way = [None if grad_x is None else torch.empty_like(grad_x) for _ in range(2)]
        tape.add([], [] if grad_x is None else [partial(torch.add, *by_way, out=grad_x)])
        inner, shortcut = (
            tape.follow(way, (x, grad)) for way, grad in zip((self.inner, self.shortcut), by_way, strict=True)
        )
        y, grad_y = torch.empty_like(inner[0]), torch.empty_like(inner[0])
        back = [partial(grad.copy_, grad_y) for _, grad in (inner, shortcut) if grad is not None]
        tape.add([partial(torch.add, inner[0], shortcut[0], out=y)], back)
        return y, grad_y
