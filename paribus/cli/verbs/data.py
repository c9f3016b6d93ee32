"""`paribus data list | get | show`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from paribus.cli.options import AsJson, print_json

app = typer.Typer(help="See, fetch and check data sets.", no_args_is_help=True, rich_markup_mode=None)
Source = Annotated[str, typer.Argument(metavar="SOURCE", help="A registered name, a CSV or NPZ file, module:function.")]
Label = Annotated[str, typer.Option("--label", help="CSV only: the column that holds the class.")]


@app.command("list")
def list_sources(as_json: AsJson = False) -> None:
    """List the data sets known by name, and where each would come from."""
    from paribus.data import locations
    from paribus.spec.parts import parts

    found = {name: {"what": part.summary, "from": locations(name)} for name, part in sorted(parts("data").items())}
    if as_json:
        print_json(found)
        return
    for name, values in found.items():
        typer.echo(f"{name:<20} {values['what']}")
        for place, status in values["from"]:
            typer.echo(f"{'':<20}   {place}: {status}")


@app.command("get")
def get(source: Source) -> None:
    """Fetch a data set, if it is not here yet, and check it."""
    dataset = _load(source, "label")
    counts = f"{len(dataset.y_train):,} training and {len(dataset.y_test):,} test items"
    typer.echo(f"{dataset.name}: {counts}, fingerprint {dataset.fingerprint[:16]}")


@app.command("show")
def show(source: Source, label: Label = "label", as_json: AsJson = False) -> None:
    """Show counts, class balance, missing values, duplicates, and the overlap of train and test."""
    from paribus.data.checks import describe

    values = describe(_load(source, label))
    print_json(values) if as_json else _print(values)


def _load(source: str, label: str) -> Any:
    from paribus.data import load
    from paribus.spec import DataSpec

    return load(DataSpec(source=source, label=label), Path.cwd())


def _print(values: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    rows, duplicates = values["rows"], values["duplicates"]
    shape = " x ".join(str(size) for size in values["item_shape"])
    low, high = values["range"] or ("-", "-")
    items = f"{shape} {values['dtype']}, {low} to {high}"
    console.print(f"[bold]{values['name']}[/]  fingerprint {values['fingerprint'][:16]}")
    console.print(f"items         {rows['train']:,} training, {rows['test']:,} test; {items}")
    console.print(f"missing       {values['missing']:,} values")
    console.print(f"duplicates    {duplicates['train']:,} in training, {duplicates['test']:,} in test")
    console.print(f"overlap       {values['overlap']:,} test items are also training items")
    console.print(f"conflicting   {values['conflicting']:,} items stand under more than one class\n")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("class", "training", "test"):
        table.add_column(column, justify="left" if column == "class" else "right")
    for name, count in values["class_counts"]["train"].items():
        table.add_row(name, f"{count:,}", f"{values['class_counts']['test'].get(name, 0):,}")
    console.print(table)
