"""One process and its children from start to end: time, memory, and when it said what."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]
TICK_S = 0.2
SHARE = 0.05
"""Of the time that looking at memory, which the kernel counts page by page, may take from what is measured."""


@dataclass(frozen=True)
class Finished:
    """What remains of a process.

    Args:
        wall_s: from its start to its end.
        peak_bytes: largest sum of proportional set sizes over it and its children, so that shared pages count once.
        out: its standard output.
        lines: of its standard error, each with the seconds after the start at which it came.
    """

    wall_s: float
    peak_bytes: int
    out: str
    lines: list[tuple[float, str]]


def measure(command: Sequence[str], environment: Mapping[str, str]) -> Finished:
    """Run a command at the root of the repository.

    Raises:
        RuntimeError: it failed; the text ends with what it said last.
    """
    begun, done, pipe = time.monotonic(), threading.Event(), subprocess.PIPE
    with (
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=pipe, stderr=pipe, text=True) as process,
        ThreadPoolExecutor(3) as pool,
    ):
        assert process.stdout
        assert process.stderr
        out = pool.submit(process.stdout.read)
        lines = pool.submit(_timed, process.stderr, begun)
        peak = pool.submit(_peak, process.pid, done)
        try:
            process.wait()
            wall_s = time.monotonic() - begun
        finally:
            process.kill()
            done.set()
    if process.returncode:
        said = "\n".join(line for _, line in lines.result()[-20:])
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
    return Finished(wall_s, peak.result(), out.result(), lines.result())


def _timed(stream: IO[str], begun: float) -> list[tuple[float, str]]:
    return [(time.monotonic() - begun, line.rstrip("\n")) for line in stream]


def _peak(pid: int, done: threading.Event) -> int:
    from benchmarks.memory import tree_bytes

    peak, looked_s = 0, 0.0
    while not done.wait(max(TICK_S, looked_s / SHARE)):
        begun = time.thread_time()
        peak = max(peak, tree_bytes(pid))
        looked_s = time.thread_time() - begun
    return peak
