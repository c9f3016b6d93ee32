"""`paribus report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from paribus.cli.options import Home, Stored, existing_store


def report(
    name: Stored,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write.  [HOME/reports/NAME.html]")
    ] = None,
    home: Home = None,
) -> None:
    """Write the report of a stored study: one HTML file that needs no network."""
    from paribus.result import Result

    result = Result(existing_store(home), name)
    result.probe()
    typer.echo(result.report(output))
