"""`paribus report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from paribus.cli.options import Home, Stored, existing_store, without_damage, writing


def report(
    name: Stored,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write.  [HOME/reports/NAME.html]")
    ] = None,
    home: Home = None,
) -> None:
    """Write the report of a stored study: one HTML file, and one more per data set where there are several."""
    from paribus.series import outcome

    store = existing_store(home)

    def write() -> Path:
        result = outcome(store, name)
        result.probe()
        with writing(output or "the report", "Choose another --output."):
            return result.report(output)

    typer.echo(without_damage(store, name, write))
