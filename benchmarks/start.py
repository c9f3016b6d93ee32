"""How long `paribus run` takes to its first step on data of MNIST's size: in a new home, and where data are laid out.

usage: python -m benchmarks.start [--rounds 3]

Run it in `benchmarks/.venv` on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.process import ROOT
from benchmarks.sides import BIN, environment, write_study

STUDY = {"name": "start", "data": {"source": "mnist", "scale": "unit"}, "baseline": {"epochs": 2}}
TICK_S = 0.01


def first_step_s(home: Path, seeds: int, folder: Path) -> float:
    """Seconds from the start of `paribus run` until a worker has built its networks and begins the first step.

    Args:
        home: of the run.
        seeds: of the study; more than before, so that something is left to train.
        folder: for temporary files.
    """
    command = [str(BIN / "paribus"), "run", str(write_study(STUDY, folder)), "--home", str(home), "--seeds", str(seeds)]
    variables = {**environment(folder), "TMPDIR": str(folder)}
    begun, pipe = time.monotonic(), subprocess.PIPE
    with subprocess.Popen([*command, "--json"], cwd=ROOT, env=variables, stdout=pipe, stderr=pipe) as process:
        while not any(_training(board) for board in folder.glob("paribus-*/board.npy")):
            if process.poll() is not None:
                raise RuntimeError("it ended before it began to train")
            time.sleep(TICK_S)
        taken_s = time.monotonic() - begun
        process.communicate()
    return taken_s


def _training(board: Path) -> bool:
    """Whether the progress board tells of a run that trains; see `paribus.execution.Workers`."""
    try:
        return bool(np.load(board, allow_pickle=False)[:, 1].any())
    except (OSError, ValueError):  # half written, or removed
        return False


def main() -> None:
    """Measure both in turn and print the medians."""
    parser = argparse.ArgumentParser(description="Measure the time to the first step.")
    parser.add_argument("--rounds", type=int, default=3, help="times that both are measured  [3]")
    asked = parser.parse_args()
    if "PARIBUS_DATA" not in os.environ:
        sys.exit("PARIBUS_DATA must name the directory of the published data sets' original files.")
    times_s: dict[str, list[float]] = {"new home": [], "data laid out": []}
    for _ in range(asked.rounds):
        with tempfile.TemporaryDirectory(prefix="paribus-bench-") as name:
            folder = Path(name)
            for seeds, what in enumerate(times_s, start=1):
                times_s[what].append(first_step_s(folder / "home", seeds, folder))
    for what, found in times_s.items():
        print(f"{what}: {statistics.median(found):.2f} s to the first step ({min(found):.2f} to {max(found):.2f})")


if __name__ == "__main__":
    main()
