"""The machine: its description, and how fast it multiplies matrices with all cores at once, one thread each.

usage: python -m benchmarks.ours.machine
"""

from __future__ import annotations

import json
import multiprocessing
import time
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

from paribus.environment import environment
from paribus.execution import number_of_workers

SIDE = 1024
TIME_S = 2.0
KINDS = ("fp32", "bf16")
"""By the kernel that paribus' workers choose, and in bfloat16."""


def machine() -> dict[str, str | int | float]:
    """Processor, system and versions; `fp32_rate` and `bf16_rate` are additions and multiplications a second."""
    cores = number_of_workers()
    context = multiprocessing.get_context("spawn")
    barrier, rates = context.Barrier(cores), context.Queue()
    processes = [context.Process(target=_multiply, args=(barrier, rates)) for _ in range(cores)]
    for process in processes:
        process.start()
    found = [rates.get() for _ in processes]
    for process in processes:
        process.join()
    return {**environment(), **{f"{kind}_rate": sum(rate[kind] for rate in found) for kind in KINDS}}


def _multiply(barrier: Barrier, rates: Queue[dict[str, float]]) -> None:
    """Put the rates of one core in the queue, while the others multiply too."""
    import torch

    from paribus.execution.worker import prepare_torch
    from paribus.training.precision import choose_precision

    prepare_torch()
    choose_precision()
    generator, found = torch.Generator().manual_seed(0), {}
    for kind in KINDS:
        dtype = torch.bfloat16 if kind == "bf16" else torch.float32
        a, b = (torch.randn(SIDE, SIDE, generator=generator).to(dtype) for _ in range(2))
        out = torch.mm(a, b)
        barrier.wait()
        count, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < TIME_S:
            torch.mm(a, b, out=out)
            count += 1
        found[kind] = 2.0 * SIDE**3 * count / (time.perf_counter() - begun)
    rates.put(found)


if __name__ == "__main__":
    print(json.dumps(machine()))
