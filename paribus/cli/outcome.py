"""Scores and verdicts of a study on the terminal."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from paribus.cli.console import new_console
from paribus.comparison.caveats import CAVEATS
from paribus.metric import metric_of
from paribus.results.result import Result

STYLES = {"better": "green", "worse": "red", "equivalent": "cyan", "undecided": "yellow"}
_LISTED = 8
"""Largest number of seeds for which each has a column."""


def print_outcome(result: Result) -> None:
    """Print the variants with their seeds, the contrasts with their verdicts, and the verdicts in words."""
    summary = result.overview
    console = new_console()
    counts = Counter(run["status"] for run in summary["runs"])
    endings = ", ".join(f"{count} {status}" for status, count in counts.items())
    console.print(Text.assemble((summary["study"], "bold"), f": {len(summary['runs'])} runs, {endings}\n"))
    if result.is_quick_look:
        console.print(f"{summary['study']} is {CAVEATS['C14']}.\n", style="yellow", soft_wrap=True)
    if result.frozen:
        console.print(f"{result.frozen}\n", soft_wrap=True)
    metric = f"test_{result.metric}"
    console.print(_scores(result, metric))
    for sentence in result.search[:2]:  # its doubts are caveats below
        console.print(sentence, soft_wrap=True)
    for text in filter(None, (result.ladder, result.sources)):
        console.print(text, soft_wrap=True)
    if summary["contrasts"]:
        console.print()
        print_contrasts(console, summary["contrasts"], metric, result.verdicts)
    lacking = [*(("failed", line) for line in result.failures), *(("no score", line) for line in result.unscored)]
    for what, line in lacking:
        console.print(Text.assemble((what, "red"), f" {line}"), soft_wrap=True)
    if summary["status"] == "interrupted":
        console.print("\nNot all runs are stored: `paribus run` goes on where it stopped.")


def print_contrasts(
    console: Console, contrasts: list[dict[str, Any]], metric: str, sentences: list[str], first: str = "factor"
) -> None:
    """Print contrasts as a table that `first` heads, what their caveats mean, and the verdicts in words."""
    console.print(_contrasts(contrasts, metric, first))
    for code in sorted({text.split()[0] for row in contrasts for text in row["caveats"]}):
        console.print(f"{code} {CAVEATS[code]}", style="dim")
    console.print()
    for sentence in sentences:
        console.print(f"- {sentence}.", soft_wrap=True)


def _scores(result: Result, metric: str) -> Table:
    """One row per variant: the score of each seed, or their range where they are many, the mean and its interval."""
    numbers = metric_of(metric)
    runs: dict[str, dict[int, dict[Any, Any]]] = {}
    for row in result.seeds.to_dict("records"):
        runs.setdefault(str(row["variant"]), {})[int(row["seed"])] = row
    seeds = list(dict.fromkeys(seed for members in runs.values() for seed in members))
    listed = len(seeds) <= _LISTED
    table = Table(box=None, pad_edge=False, header_style="bold", title=numbers.headed(metric), title_justify="left")
    table.add_column("variant")
    for head in [f"seed {seed}" for seed in seeds] if listed else ["seeds", "lowest", "highest"]:
        table.add_column(head, justify="right")
    table.add_column("mean", justify="right")
    table.add_column("95 % interval", justify="right", no_wrap=True)
    means: dict[str, Mapping[Any, Any]] = {row["variant"]: row for row in result.means.to_dict("records")}
    for variant, members in runs.items():
        cells = [_cell(members.get(seed), metric) for seed in seeds] if listed else _range(members.values(), metric)
        row = means[variant]
        table.add_row(variant, *cells, or_dash(numbers.number, row["mean"]), interval_or_dash(numbers.number, row))
    return table


def _cell(run: Mapping[Any, Any] | None, metric: str) -> str:
    """The score of a run, or why there is none; empty where none was planned."""
    if run is None:
        return ""
    return or_dash(metric_of(metric).number, run[metric]) if run["status"] == "finished" else run["status"]


def _range(runs: Iterable[Mapping[Any, Any]], metric: str) -> list[str]:
    """How many runs have a score, and the lowest and highest of these."""
    found = [run[metric] for run in runs if run["status"] == "finished" and not math.isnan(run[metric])]
    return [str(len(found)), *(map(metric_of(metric).number, (min(found), max(found))) if found else ("-", "-"))]


def _contrasts(contrasts: list[dict[str, Any]], metric: str, first: str) -> Table:
    numbers = metric_of(metric)
    title = numbers.headed_difference("difference")
    table = Table(box=None, pad_edge=False, header_style="bold", title=title, title_justify="left")
    table.add_column(first)
    table.add_column("level against reference")
    for column in ("n", "mean", "95 % interval"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("caveats")
    for row in contrasts:
        codes = " ".join(dict.fromkeys(text.split()[0] for text in row["caveats"]))
        table.add_row(
            row["factor"],
            f"{row['level']} against {row['reference']}",
            str(row["n"]),
            or_dash(numbers.signed, row["difference"]),
            interval_or_dash(numbers.signed, row),
            Text(row["verdict"], STYLES[row["verdict"]]),
            codes,
        )
    return table


def or_dash(write: Callable[[float], str], value: float | None) -> str:
    """The value as `write` formats it; a dash where there is none."""
    return "-" if value is None or math.isnan(value) else write(value)


def interval_or_dash(write: Callable[[float], str], row: Any) -> str:
    """The row's interval; a dash where there is none."""
    low, high = (or_dash(write, row[name]) for name in ("ci_low", "ci_high"))
    return "-" if low == "-" else f"{low} to {high}"
