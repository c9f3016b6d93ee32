"""How paribus' speed and memory grow with runs, workers, width and batch, and what a busy neighbour costs.

Writes SCALING.md and scaling.html.

usage: python -m benchmarks.scaling [--epochs 1] [--tiny]

It trains MLPs of two hidden layers on Fashion-MNIST. Run it in `benchmarks/.venv` on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from benchmarks.report import write_report
from benchmarks.sides import Side, ask, run_ours
from benchmarks.tables import table
from benchmarks.workloads import WORKLOADS

HERE = Path(__file__).parent
RUNS = (1, 2, 4, 8, 16, 32, 64, 128)
WORKERS = (1, 2)
COLOURS = ("#0072b2", "#d55e00")
WIDTHS = (32, 64, 128, 256, 512, 1024)
BATCHES = (16, 32, 64, 128, 256, 512)


@dataclass(frozen=True)
class Point:
    """What is trained: so many runs by so many workers, so wide, with so large a batch."""

    runs: int = 8
    workers: int = WORKERS[-1]
    width: int = 256
    batch: int = 128


Measured = Sequence[tuple[Point, Side]]


def points() -> list[Point]:
    """Runs for each number of workers; widths and batches for the rest as it is."""
    by_runs = [Point(runs=runs, workers=workers) for workers in WORKERS for runs in RUNS]
    varied = [*(Point(width=width) for width in WIDTHS), *(Point(batch=batch) for batch in BATCHES)]
    return list(dict.fromkeys([*by_runs, *varied]))


def study_of(point: Point, folder: Path, epochs: int) -> dict[str, Any]:
    """The study file's values."""
    workload = WORKLOADS["W6"]
    model = {"kind": "mlp", "width": point.width, "depth": 2}
    baseline = {**workload.baseline, "model": model, "batch_size": point.batch}
    name = "-".join(map(str, astuple(point)))
    return replace(workload, baseline=baseline).study(name, folder, epochs, point.runs)


def chart(found: Measured) -> go.Figure:
    """Four panels: speed and memory against runs, speed against width and against batch."""
    titles = ("speed against runs", "memory against runs", "speed against width", "speed against batch")
    figure = make_subplots(2, 2, subplot_titles=titles)
    for workers, colour in zip(WORKERS, COLOURS, strict=True):
        chosen = [(point.runs, side) for point, side in found if point == Point(point.runs, workers)]
        line = {"name": f"workers: {workers}", "line_color": colour}
        _draw(figure, (1, 1), [(runs, side.speed) for runs, side in chosen], line)
        _draw(figure, (1, 2), [(runs, side.peak_bytes / 2**20) for runs, side in chosen], line)
    widths = sorted((point.width, side.speed) for point, side in found if point == Point(width=point.width))
    batches = sorted((point.batch, side.speed) for point, side in found if point == Point(batch=point.batch))
    line = {"name": f"workers: {Point().workers}", "line_color": COLOURS[WORKERS.index(Point().workers)]}
    _draw(figure, (2, 1), widths, line)
    _draw(figure, (2, 2), batches, line)
    figure.update_xaxes(type="log")
    figure.update_yaxes(title_text="epochs of one network / s", rangemode="tozero")
    figure.update_yaxes(title_text="MiB", row=1, col=2)
    return figure


def _draw(
    figure: go.Figure, place: tuple[int, int], values: Sequence[tuple[int, float]], line: Mapping[str, str]
) -> None:
    """A line in the panel at (row, column); the legend names those of the first panel."""
    x, y = [x for x, _ in values], [y for _, y in values]
    trace = go.Scatter(x=x, y=y, mode="lines+markers", showlegend=place == (1, 1), **line)
    figure.add_trace(trace, row=place[0], col=place[1])


def speeds(found: Measured) -> str:
    """A row a point."""
    rows = [
        [*map(str, astuple(point)), f"{side.speed:.3g}", f"{side.peak_bytes / 2**20:,.0f}"] for point, side in found
    ]
    return table(["runs", "workers", "width", "batch", "epochs/s", "MiB"], rows)


@contextmanager
def busy_neighbour() -> Iterator[None]:
    """Another process that computes all the time, on a core that it does not leave."""
    core = min(os.sched_getaffinity(0))
    code = f"import os\nos.sched_setaffinity(0, [{core}])\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        try:
            yield
        finally:
            process.kill()


def beside_a_neighbour(folder: Path, epochs: int, rounds: int = 3) -> str:
    """The same training alone and beside a busy neighbour, in turn; the medians of both and their ratio."""
    study = study_of(Point(), folder, epochs)
    alone: list[float] = []
    beside: list[float] = []
    for _ in range(rounds):
        alone.append(run_ours(study, folder, Point().workers).speed)
        with busy_neighbour():
            beside.append(run_ours(study, folder, Point().workers).speed)
    medians = statistics.median(alone), statistics.median(beside)
    share = 1 - 1 / len(os.sched_getaffinity(0))
    row = [*(f"{speed:.3g}" for speed in medians), f"{medians[1] / medians[0]:.2f}", f"{share:.2f}"]
    return table(["alone, epochs/s", "beside it, epochs/s", "ratio", "share of the cores that it leaves"], [row])


def main() -> None:
    """Measure every point, print the table, write it and the chart."""
    parser = argparse.ArgumentParser(description="Measure how speed and memory grow.")
    parser.add_argument("--epochs", type=int, default=1, help="of each run  [1]")
    parser.add_argument("--tiny", action="store_true", help="1000 rows, three points, nothing written: does it work?")
    asked = parser.parse_args()
    if "PARIBUS_DATA" not in os.environ:
        sys.exit("PARIBUS_DATA must name the directory of the published data sets' original files.")
    chosen = [Point(runs=1, workers=1), Point(runs=2), Point(runs=2, width=32)] if asked.tiny else points()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="paribus-bench-") as name:
        folder = Path(name)
        ask("arrays", [name, "1000" if asked.tiny else "0", WORKLOADS["W6"].arrays], folder)
        machine = {**json.loads(ask("machine", [], folder)), "load": load}
        found: list[tuple[Point, Side]] = []
        for point in chosen:
            found.append((point, run_ours(study_of(point, folder, asked.epochs), folder, point.workers)))
            print(speeds(found[-1:]).splitlines()[-1], flush=True)
        neighbour = beside_a_neighbour(folder, 1, 1) if asked.tiny else beside_a_neighbour(folder, 4 * asked.epochs)
    intro = "MLPs of two hidden layers on Fashion-MNIST; epochs of one network a second, and memory at its most."
    parts = {"Speed and memory": speeds(found), "Beside a process that keeps one core busy": neighbour}
    print("\n\n".join(parts.values()))
    if not asked.tiny:
        write_report("How paribus scales", intro, parts, machine, HERE / "SCALING.md")
        chart(found).write_html(HERE / "scaling.html", include_plotlyjs="cdn")


if __name__ == "__main__":
    main()
