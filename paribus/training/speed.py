"""How fast this machine computes in either precision; run as a program, it prints that as JSON.

It is a process of its own, as instructions are chosen when PyTorch is loaded, and who plans does not load it.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from paribus.training.precision import choose_precision

_TIME_S = 0.05
"""Of each of four measurements."""


def measure() -> dict[str, dict[str, float]]:
    """1e9 additions and multiplications per second of one thread, in `fp32` and in `bf16`.

    Returns:
        Of `dense` layers' products, as they are chosen for either precision, and of convolutions of `images` with their
        gradients.
    """
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(1, 128, 784, generator=generator), torch.randn(1, 784, 256, generator=generator)
    dense, out = {}, torch.empty(1, 128, 256)
    for name in ("fp32", "bf16"):
        choose_precision(bf16=name == "bf16")
        dense[name] = _rate(partial(torch.bmm, a, b, out=out), 2.0 * 128 * 784 * 256)
    x = torch.randn(16, 32, 16, 16, generator=generator).to(memory_format=torch.channels_last)
    w, g = torch.randn(32, 32, 3, 3, generator=generator), torch.ones_like(x)
    operations = 3 * 2.0 * x.numel() * w[0].numel()
    types = {"fp32": torch.float32, "bf16": torch.bfloat16}
    images = {
        name: _rate(partial(_convolve, x.to(kind), w.to(kind), g.to(kind)), operations) for name, kind in types.items()
    }
    return {"dense": dense, "images": images}


def _convolve(x: Tensor, w: Tensor, g: Tensor) -> None:
    torch.conv2d(x, w, None, 1, 1)
    rest = [0], [1, 1], [1, 1], [1, 1], False, [0, 0], 1, [True, True, False]
    torch.ops.aten.convolution_backward(g, x, w, *rest)


def _rate(compute: Callable[[], object], operations: float) -> float:
    """By the fastest of several times, of which the first does not count."""
    compute()
    times_s, begun = list[float](), time.perf_counter()
    while not times_s or time.perf_counter() - begun < _TIME_S:
        start = time.perf_counter()
        compute()
        times_s.append(time.perf_counter() - start)
    return operations / min(times_s) / 1e9


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()))
