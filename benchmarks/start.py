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

from benchmarks.process import ROOT
from benchmarks.sides import environment, write_study

STUDY = {"name": "start", "data": {"source": "mnist", "scale": "unit"}, "baseline": {"epochs": 2}}
BEGINS = "a worker begins\n"
PROGRAM = f"""
import sys
from paribus.cli.main import main
from paribus.execution import forking

def warm_up():
    begin()
    from paribus.execution.waiting import Waiting

    def told(self, message):
        sys.stderr.write({BEGINS!r})
        progressed(self, message)

    progressed, Waiting.progressed = Waiting.progressed, told

begin, forking.warm_up = forking.warm_up, warm_up
main()
"""
"""`paribus run` that says when the first message of a worker comes, which is before its first step."""


def first_step_s(home: Path, seeds: int, folder: Path) -> float:
    """Seconds from the start of `paribus run` until a worker has built its networks and begins the first step.

    Args:
        home: of the run.
        seeds: of the study; more than before, so that something is left to train.
        folder: for temporary files.
    """
    study = write_study(STUDY, folder)
    command = [sys.executable, "-c", PROGRAM, "run", str(study), "--home", str(home), "--seeds", str(seeds), "--json"]
    variables = {**environment(folder), "TMPDIR": str(folder)}
    begun, pipe = time.monotonic(), subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stderr
        while (line := process.stderr.readline()) != BEGINS:
            if not line:
                raise RuntimeError("it ended before it began to train")
        taken_s = time.monotonic() - begun
        process.communicate()
    return taken_s


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
