"""The two sides of a comparison, each a process of its own."""

from __future__ import annotations

import json
import math
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.process import ROOT, Finished, measure

BIN = ROOT / ".venv" / "bin"
PEERS = ROOT / "benchmarks" / "peers"
_BEGIN = re.compile(r"\d+ of \d+ runs stored, \d+ to train$")
_END = re.compile(r"[\d,]+ epochs in .+, .+ (epochs/s|an epoch)$")


@dataclass(frozen=True)
class Side:
    """What one side took and reached.

    Args:
        wall_s: the whole process.
        train_s: training with its evaluation alone.
        epochs: over all networks.
        peak_bytes: memory of all its processes.
        accuracy: on the test rows, a seed.
        parameters: trained ones of a network; None where networks differ.
    """

    wall_s: float
    train_s: float
    epochs: int
    peak_bytes: int
    accuracy: tuple[float, ...]
    parameters: int | None

    @property
    def speed(self) -> float:
        """Epochs of one network a second."""
        return self.epochs / self.train_s


def environment(folder: Path) -> dict[str, str]:
    """Of all processes: this repository's modules, and the texts in `folder`."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "BENCHMARK_TEXTS": str(folder / "imdb.npz"),
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }


def ask(module: str, arguments: Sequence[str], folder: Path) -> str:
    """What a module of `benchmarks.ours` prints."""
    command = [BIN / "python", "-m", f"benchmarks.ours.{module}", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(folder), stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def write_study(study: Mapping[str, Any], folder: Path) -> Path:
    """The study file, in JSON, which is YAML too."""
    file = folder / f"{study['name']}.yaml"
    file.write_text(json.dumps(study), encoding="utf-8")
    return file


def run_ours(study: Mapping[str, Any], folder: Path, workers: int | None = None) -> Side:
    """Run a study in a new home.

    Args:
        study: the study file's values.
        folder: with the arrays, for temporary files too.
        workers: processes; by default as many as paribus takes.

    Raises:
        RuntimeError: it failed.
    """
    file = write_study(study, folder)
    with tempfile.TemporaryDirectory(dir=folder) as home:
        command = [str(BIN / "paribus"), "run", str(file), "--home", home, "--json"]
        command += ["--workers", str(workers)] if workers else []
        return of_study(measure(command, environment(folder)))


def run_peer(script: str, options: Mapping[str, Any], folder: Path) -> Side:
    """Run a script of `peers`; it is given JSON and prints JSON.

    Raises:
        RuntimeError: it failed.
    """
    done = measure([sys.executable, str(PEERS / f"{script}.py"), json.dumps(options)], environment(folder))
    found = json.loads(done.out.splitlines()[-1])
    accuracy = tuple(found["accuracy"])
    return Side(done.wall_s, found["train_s"], found["epochs"], done.peak_bytes, accuracy, found["parameters"])


def of_study(done: Finished) -> Side:
    """What a run of `paribus run --json` took and reached; of several levels the last one's accuracy counts."""
    summary = json.loads(done.out)
    runs, last = summary["runs"], summary["runs"][-1]["variant"]
    epochs = sum(run["epochs"] for run in runs) + (summary["search"] or {"epochs": 0})["epochs"]
    accuracy = tuple(run["metrics"].get("test_accuracy", math.nan) for run in runs if run["variant"] == last)
    parameters = summary["variants"][-1]["parameters"]
    return Side(done.wall_s, training_s(done.lines), epochs, done.peak_bytes, accuracy, parameters)


def training_s(lines: Sequence[tuple[float, str]]) -> float:
    """Seconds from the first line of progress, before anything trains, to the last, when all is stored.

    Args:
        lines: of standard error, with the seconds at which they came.
    """
    begun = [time_s for time_s, line in lines if _BEGIN.search(line)]
    ended = [time_s for time_s, line in lines if _END.search(line)]
    if not begun or not ended:
        raise RuntimeError("paribus told no progress:\n" + "\n".join(line for _, line in lines))
    return ended[-1] - begun[0]
