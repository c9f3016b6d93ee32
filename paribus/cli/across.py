"""The outcome of a study over several data sets, on the terminal: each data set, then all side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from paribus.cli.console import new_console
from paribus.cli.outcome import STYLES, interval_or_dash, or_dash, print_outcome
from paribus.metric import METRICS, Metric, metric_of
from paribus.report.tables.across import titles
from paribus.results.result import Result

Row = dict[Any, Any]


def print_result(result: Result) -> None:
    """Print what each data set came to, and, of several, what stands across them."""
    several = result not in result.parts.values()
    for part in result.parts.values():
        print_outcome(part)
        if several:
            new_console().print()
    if several:
        _print_across(result, new_console())


def _print_across(result: Result, console: Console) -> None:
    metric, data_sets = f"test_{result.metric}", list(result.parts)
    numbers = metric_of(metric)
    console.print(Text.assemble((result.name, "bold"), f": {len(data_sets)} data sets side by side\n"))
    title = f"{numbers.headed(metric)}: rank, mean, * best by validation; 95 % interval"
    console.print(_grid(title, "variant", data_sets, result.across, lambda row: _score(row, numbers)))
    contrasts = result.contrasts
    if len(contrasts):
        console.print()
        frame = contrasts.assign(contrast=titles(contrasts))
        title = numbers.headed_difference("difference")
        console.print(_grid(title, "contrast", data_sets, frame, lambda row: _verdict(row, numbers)))
    console.print()
    console.print(_best(result.best, numbers))


def _grid(title: str, key: str, data_sets: list[str], frame: pd.DataFrame, cell: Callable[[Row], str | Text]) -> Table:
    """One row per name, one column per data set."""
    table = Table(box=None, pad_edge=False, header_style="bold", title=title, title_justify="left")
    table.add_column(key)
    for data in data_sets:
        table.add_column(data)
    rows: dict[str, dict[str, str | Text]] = {}
    for row in frame.to_dict("records"):
        rows.setdefault(row[key], {})[row["data"]] = cell(row)
    for name, cells in rows.items():
        table.add_row(name, *(cells.get(data, "-") for data in data_sets))
    return table


def _score(row: Row, metric: Metric) -> str:
    if pd.isna(row["rank"]):
        return "-"
    between = interval_or_dash(metric.number, row)
    interval = "" if between == "-" else f"\n   {between}"
    return f"{row['rank']}. {metric.number(row['mean'])}{' *' if row['best'] else ''}{interval}"


def _verdict(row: Row, metric: Metric) -> Text:
    return Text.assemble(or_dash(metric.signed, row["difference"]), " ", (row["verdict"], STYLES[row["verdict"]]))


def _best(best: pd.DataFrame, metric: Metric) -> Table:
    title = "best of each data set, by validation"
    table = Table(box=None, pad_edge=False, header_style="bold", title=title, title_justify="left")
    for column in ("data set", "variant", "test", "gap", "hardest classes"):
        table.add_column(column)
    for row in best.to_dict("records"):
        variant = row["variant"] or "-"
        cells = or_dash(metric.number, row["mean"]), or_dash(METRICS["accuracy"].signed, row["gap"]), row["hardest"]
        table.add_row(row["data"], variant if row["by_validation"] else f"{variant} (first of the plan)", *cells)
    return table
