"""Train convolutions of many shapes in child processes: none may die, write outside its memory or be wrong.

usage: sweep_convolutions.py [--world avx2|here] [--each 4] [--channels 1-64] [--kernels 1,3,5] [--padding valid]
       [--depthwise] [--bare]

Channels, strides 1 to 3, kernels, both precisions; filters, sizes and batches, up to 128, are drawn. What
comes out is compared with PyTorch in float64; where there is a C compiler, memory ends at pages that nobody may touch
(`guard.c`), as a write outside need not kill. `avx2` is a processor without AVX-512. `--bare` leaves our layer out:
PyTorch's convolutions as they are.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

WORLDS = {
    "here": {},
    "avx2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "NUMBA_CPU_NAME": "haswell",
    },
}
LARGEST = {"fp32": 2e7, "bf16": 2e6}
"""Multiplications of a case; bfloat16 is emulated where the processor lacks it, at a hundredth of the speed."""

TOLERANCE = {"fp32": 1e-4, "bf16": 1e-1}
"""Of an error, relative to the largest number, or to what so many products of random numbers sum up to; emulated
bfloat16 rounds sums as well, so that 0.04 are usual there. What is overwritten is off by 1, or not a number."""


Padding = Literal["same", "valid"]


class Case(NamedTuple):
    """One convolution of square images."""

    channels: int
    filters: int
    kernel: int
    stride: int
    size: int
    batch: int
    precision: str
    padding: Padding = "same"
    depthwise: bool = False


def cases(
    channels: Iterable[int],
    each: int,
    kernels: Iterable[int] = (1, 3, 5),
    padding: Padding = "same",
    depthwise: bool = False,
) -> Iterator[Case]:
    """Of each number of channels, kernel, stride and precision `each` cases, drawn."""
    rng = np.random.default_rng(0)
    for number, kernel, stride, precision in product(channels, kernels, (1, 2, 3), LARGEST):
        for _ in range(each):
            filters = int(rng.choice([number, 2 * number, 8, 16, int(rng.integers(1, 65))]))
            size, batch = int(rng.integers(1, rng.choice([33, 129]))), int(rng.integers(1, 129))
            largest = LARGEST[precision] / (kernel**2 * number * filters * size**2 / stride**2)
            batch, size = max(1, min(batch, int(largest))), max(size, kernel if padding == "valid" else 1)
            filters = 1 + filters % 3 if depthwise else filters
            yield Case(number, filters, kernel, stride, size, batch, precision, padding, depthwise)


def errors(case: Case, bare: bool) -> list[float]:
    """Of the output and the gradients of input, weights and bias."""
    import torch
    from torch.nn import functional

    from paribus.models import blueprint as paper
    from paribus.models.layers.images import Conv

    dtype = torch.bfloat16 if case.precision == "bf16" else torch.float32
    generator = torch.Generator().manual_seed(0)
    conv, shape = (
        paper.Conv(case.filters, case.kernel, case.stride, case.padding),
        (case.size, case.size, case.channels),
    )
    groups = case.channels if case.depthwise else 1
    filters, places, (before, after) = case.filters * groups, conv.shape_after(shape)[0], conv.zeros(case.size)
    inner = slice(before, before + case.size)
    x, w, b, g = (
        torch.randn(shape, generator=generator).to(dtype)
        for shape in (
            (1, case.batch, case.size, case.size, case.channels),
            (filters, case.channels // groups, case.kernel, case.kernel),
            (filters,),
            (1, case.batch, places, places, filters),
        )
    )
    first_x, first_g = (values[0].permute(0, 3, 1, 2) for values in (x, g))
    rest = [1, 1], False, [0, 0], groups, [True, True, True]
    exact_x, exact_w, exact_g = (values.double().contiguous() for values in (first_x, w, first_g))
    exact_x = functional.pad(exact_x, (before, after, before, after))
    wanted = functional.conv2d(exact_x, exact_w, b.double(), case.stride, groups=groups)
    backward = torch.ops.aten.convolution_backward
    of_x, *of_rest = backward(exact_g, exact_x, exact_w, [filters], [case.stride] * 2, [0, 0], *rest)
    exact = [wanted, of_x[:, :, inner, inner], *of_rest]
    if bare:
        y = functional.conv2d(first_x, w, b, case.stride, before, groups=groups)
        found = [y, *backward(first_g, first_x, w, [filters], [case.stride] * 2, [before] * 2, *rest)]
    else:
        layer = Conv(shape, [conv], groups)
        assert layer.bias is not None
        for parameter, value in ((layer.weight, w), (layer.bias, b)):
            parameter.data.copy_(value)
            parameter.grad = torch.full_like(parameter, torch.nan)
        with torch.no_grad():
            layer.vjp(x, needs_input_grad=False)[1](g)
            y, back = layer.vjp(x)
            grad = back(g)
        of_weight, of_bias = layer.weight.grad, layer.bias.grad
        assert of_weight is not None
        assert of_bias is not None
        found = [y[0].permute(0, 3, 1, 2), grad[0].permute(0, 3, 1, 2), of_weight[0], of_bias[0]]
    read, seen = case.kernel**2 * case.channels // groups, case.batch * places**2
    terms = (read, case.kernel**2 * filters // groups, seen, seen)
    return [
        float((one.double() - right).abs().max() / max(float(right.abs().max()), number**0.5))
        for one, right, number in zip(found, exact, terms, strict=True)
    ]


def answer() -> None:
    """In a child: read cases, write their errors, each as soon as it is done."""
    from paribus.execution.worker import prepare_torch

    prepare_torch()
    asked = json.load(sys.stdin)
    for case in asked["cases"]:
        print(json.dumps(errors(Case(*case), asked["bare"])), flush=True)


def try_all(wanted: list[Case], world: str, guard: Path | None, bare: bool = False) -> list[str]:
    """What is wrong with which of these cases, a sentence each; a child that dies is followed by another.

    Args:
        wanted: the cases.
        world: of `WORLDS`.
        guard: a library for LD_PRELOAD.
        bare: leave our layer out.
    """
    told: list[str] = []
    preload = {"LD_PRELOAD": str(guard)} if guard else {}
    while wanted:
        child = subprocess.run(
            [sys.executable, __file__, "--child"],
            input=json.dumps({"cases": wanted, "bare": bare}),
            env={**os.environ, **WORLDS[world], **preload},
            capture_output=True,
            text=True,
        )
        done = [json.loads(line) for line in child.stdout.splitlines()]
        for case, found in zip(wanted, done, strict=False):
            if not max(found) <= TOLERANCE[case.precision]:
                told.append(f"wrong, {case}: {', '.join(f'{error:.1e}' for error in found)}")
        wanted = wanted[len(done) :]
        if child.returncode:
            reason = (child.stderr.strip().splitlines() or ["nothing"])[-1]
            told.append(f"died with {child.returncode}, {wanted[0] if wanted else 'at its end'}: it said {reason}")
            wanted = wanted[1:]
    return told


def guard_in(folder: Path) -> Path | None:
    """The compiled `guard.c`; None where there is no C compiler."""
    library = folder / "guard.so"
    command = ["cc", "-O2", "-shared", "-fPIC", "-o", library, Path(__file__).with_name("guard.c"), "-ldl"]
    try:
        return library if subprocess.run(command, capture_output=True).returncode == 0 else None
    except OSError:
        return None


def main() -> None:
    """Parse, try, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--world", choices=WORLDS, default="avx2")
    parser.add_argument("--each", type=int, default=4, help="cases of each combination")
    parser.add_argument("--channels", default="1-64")
    parser.add_argument("--kernels", default="1,3,5")
    parser.add_argument("--padding", choices=("same", "valid"), default="same")
    parser.add_argument("--depthwise", action="store_true")
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        answer()
        return
    low, _, high = asked.channels.partition("-")
    channels, kernels = range(int(low), int(high or low) + 1), [int(size) for size in asked.kernels.split(",")]
    wanted = list(cases(channels, asked.each, kernels, asked.padding, asked.depthwise))
    told: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        guard = guard_in(Path(folder))
        for start in range(0, len(wanted), 100):
            found = try_all(wanted[start : start + 100], asked.world, guard, asked.bare)
            print("\n".join(found) or ".", flush=True)
            told += found
    died = sum(line.startswith("died") for line in told)
    guarded = "guarded memory" if guard else "no guarded memory, as there is no C compiler"
    print(f"{len(wanted)} cases ({asked.world}; {guarded}): {died} died, {len(told) - died} wrong")
    sys.exit(bool(told))


if __name__ == "__main__":
    main()
