"""`paribus check`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from paribus.cli.options import AsJson, Home, Workers, print_json

_QUICK = "These numbers mean nothing: --quick takes other data and trains hardly at all. It shows that everything runs."


def check(
    groups: Annotated[
        list[str] | None, typer.Argument(metavar="[GROUP]...", help="Groups of published scores.  [all]")
    ] = None,
    home: Home = None,
    workers: Workers = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only see whether everything runs: few rows, few epochs, no verdicts.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Train what others published, and compare the scores. Takes hours; running it again resumes."""
    from paribus.published import check_group, find_groups

    rows = [
        {"group": name, **row}
        for name, group in find_groups(groups or ()).items()
        for row in check_group(group, home, workers, light=quick)
    ]
    print_json(rows) if as_json else _print(rows)
    if quick:
        typer.echo(_QUICK, err=True)
    if any(row["verdict"] == "outside" or not row["seeds"] for row in rows):
        raise typer.Exit(1)


def _print(rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    from paribus.cli.console import new_console
    from paribus.metric import metric_of

    title = "test accuracies in %, our mean over seeds"
    table = Table(box=None, pad_edge=False, header_style="bold", title=title, title_justify="left")
    for column in ("group", "configuration", "theirs", "ours", "range", "seeds", "difference", "tolerance", "verdict"):
        numeric = column not in ("group", "configuration", "verdict")
        table.add_column(column, justify="right" if numeric else "left", no_wrap=True)
    for row in rows:
        metric, finished = metric_of(row["metric"]), row["ours"] is not None
        table.add_row(
            row["group"],
            row["study"].removeprefix("check-") if row["level"] == "baseline" else row["level"],
            metric.number(row["theirs"]),
            metric.number(row["ours"]) if finished else "-",
            f"{metric.number(row['ours_min'])} to {metric.number(row['ours_max'])}" if finished else "-",
            str(row["seeds"]),
            metric.signed(row["difference"]) if finished else "-",
            "-" if row["tolerance"] is None else metric.number(row["tolerance"]),
            row["verdict"] or "-",
        )
    new_console().print(table)
