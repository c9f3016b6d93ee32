"""Scores and verdicts of a study on the terminal."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from paribus.cli.text import gap, score
from paribus.result import Result

_STYLES = {"better": "green", "worse": "red", "equivalent": "cyan", "undecided": "yellow"}


def print_outcome(result: Result) -> None:
    """Print the variants with their seeds, the contrasts with their verdicts, and the verdicts in words."""
    summary = result.summary
    console = Console(highlight=False)
    counts = Counter(run["status"] for run in summary["runs"])
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    console.print(f"[bold]{summary['study']}[/]: {len(summary['runs'])} runs, {told}\n")
    metric = f"test_{result.metric}"
    console.print(_scores(result, metric))
    if summary["contrasts"]:
        console.print()
        console.print(_contrasts(summary["contrasts"], metric))
        console.print()
    for sentence in result.verdicts:
        console.print(f"- {sentence}.", soft_wrap=True)
    for message in result.failures:
        console.print(f"[red]failed[/] {message}", soft_wrap=True)
    if summary["status"] == "interrupted":
        console.print("\nNot all runs are stored: `paribus run` goes on where it stopped.")


def _scores(result: Result, metric: str) -> Table:
    unit = "nats" if metric.endswith("loss") else "%"
    runs: dict[str, list[dict[str, Any]]] = {}
    for run in result.summary["runs"]:
        runs.setdefault(run["variant"], []).append(run)
    table = Table(box=None, pad_edge=False, header_style="bold", title=f"{metric} ({unit})", title_justify="left")
    table.add_column("variant")
    for run in next(iter(runs.values())):
        table.add_column(f"seed {run['seed']}", justify="right")
    for column in ("mean", "95 % interval"):
        table.add_column(column, justify="right")
    means = result.variants.set_index("variant")
    for variant, members in runs.items():
        cells = [score(run["metrics"][metric], metric) if run["metrics"] else run["status"] for run in members]
        row = means.loc[variant]
        interval = "-" if row["ci_low"] != row["ci_low"] else f"{score(row['ci_low'], metric)} to {score(row['ci_high'], metric)}"
        mean = "-" if row["mean"] != row["mean"] else score(row["mean"], metric)
        table.add_row(variant, *cells, mean, interval)
    return table


def _contrasts(contrasts: list[dict[str, Any]], metric: str) -> Table:
    unit = "nats" if metric.endswith("loss") else "points"
    table = Table(box=None, pad_edge=False, header_style="bold", title=f"difference ({unit})", title_justify="left")
    for column in ("factor", "level", "against"):
        table.add_column(column)
    for column in ("n", "difference", "95 % interval", "p (Holm)"):
        table.add_column(column, justify="right")
    table.add_column("verdict")
    table.add_column("caveats")
    for row in contrasts:
        known = row["ci_low"] is not None
        interval = f"{gap(row['ci_low'], metric)} to {gap(row['ci_high'], metric)}" if known else "-"
        p = "-" if row["p_adjusted"] is None else f"{row['p_adjusted']:.3g}"
        verdict = f"[{_STYLES[row['verdict']]}]{row['verdict']}[/]"
        codes = " ".join(dict.fromkeys(text.split()[0] for text in row["caveats"]))
        table.add_row(
            row["factor"], row["level"], row["reference"], str(row["n"]), gap(row["difference"], metric), interval, p,
            verdict, codes,
        )  # fmt: skip
    return table
