"""`paribus data list | get | show`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from paribus.cli.options import AsJson, Trust, print_json, writing

app = typer.Typer(help="See, fetch and check data sets.", no_args_is_help=True, rich_markup_mode=None)
Source = Annotated[
    str,
    typer.Argument(metavar="SOURCE", help="A registered name, file, folder of images or texts, module:function."),
]
Label = Annotated[str, typer.Option("--label", help="Tables only: the column that holds the class.")]
Text = Annotated[
    str | None, typer.Option("--text", metavar="COLUMN", help="Tables of texts only: the column that holds them.")
]
ImageSize = Annotated[
    int | None, typer.Option("--image-size", min=1, help="Image folders only: side in pixels that all are resized to.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE.html", help="Also write a page with figures.")
]


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
def get(source: Source, trust: Trust = False) -> None:
    """Fetch a published data set, if it is not here yet, and check it."""
    dataset = _load({"source": source}, trust)
    counts = f"{len(dataset.y_train):,} training and {len(dataset.y_test):,} test items"
    typer.echo(f"{dataset.name}: {counts}, fingerprint {dataset.fingerprint[:16]}")


@app.command("show")
def show(
    source: Source,
    label: Label = "label",
    text: Text = None,
    image_size: ImageSize = None,
    output: Output = None,
    trust: Trust = False,
    as_json: AsJson = False,
) -> None:
    """Show counts, class balance, missing values, duplicates, overlap of train and test, and statistics."""
    from paribus.data import describe, near_duplicates

    columns = {"text_column": text, "text": {"kind": "counts"}} if text else {}
    dataset = _load({"source": source, "label": label, "image_size": image_size, **columns}, trust)
    from paribus.data.text.statistics import describe_texts  # broken data need not wait for these imports
    from paribus.report.figures.data.values import statistics

    values = {**describe(dataset), "near": near_duplicates(dataset), "texts": describe_texts(dataset)}
    values["statistics"] = statistics(dataset).to_dict("records")
    print_json(values) if as_json else _print(values)
    if output:
        _write_page(output, dataset, values)


def _load(values: dict[str, Any], trust: bool) -> Any:
    from paribus.running.fitting import data_of
    from paribus.spec import DataSpec
    from paribus.user_code import Origin

    return data_of(DataSpec.model_validate(values), Origin(named_by="The command line", trusted=trust))


def _write_page(output: Path, dataset: Any, values: dict[str, Any]) -> None:
    from paribus.report.pages.data import write_data_page

    with writing(output, "Choose another --output."):
        target = write_data_page(output, dataset, values)
    typer.echo(f"Page: {target}", err=True)


def _print(values: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    from paribus.cli.console import new_console
    from paribus.data import facts

    console = new_console()
    console.print(Text.assemble((values["name"], "bold"), f"  fingerprint {values['fingerprint'][:16]}"))
    terms = Table.grid(padding=(0, 2))
    for term, text in [*facts(values), *((Text("beware", "bold"), note) for note in values["notes"])]:
        terms.add_row(term, text)
    console.print(terms, "")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("class", "training", "test"):
        table.add_column(column, justify="left" if column == "class" else "right")
    if values["texts"]:
        table.add_column("telling words")
    for name, count in values["class_counts"]["train"].items():
        words = [" ".join(top["word"] for top in values["texts"]["top"][name])] if values["texts"] else []
        table.add_row(name, f"{count:,}", f"{values['class_counts']['test'].get(name, 0):,}", *words)
    console.print(table)
    if values["statistics"]:
        console.print("", _statistics(values["statistics"]))


def _statistics(rows: list[dict[str, Any]]) -> Any:
    from rich.table import Table

    from paribus.report.numbers import number

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in rows[0]:
        table.add_column(name, justify="left" if name in ("part", "channel") else "right")
    for row in rows:
        table.add_row(*(number(value) for value in row.values()))
    return table
