"""`paribus studies`."""

from __future__ import annotations

from typing import Annotated

import typer

from paribus.cli.options import AsJson, print_json


def studies(
    name: Annotated[str | None, typer.Argument(help="Print the file of this one.")] = None, as_json: AsJson = False
) -> None:
    """List the built-in studies with their questions, or print one."""
    from paribus.errors import SpecError, suggest
    from paribus.spec.files import read_study
    from paribus.studies import built_in

    paths = built_in()
    if name is not None:
        if name not in paths:
            raise SpecError(f"No built-in study {name!r}. {suggest(name, paths)}")
        print_json(read_study(paths[name])) if as_json else typer.echo(
            paths[name].read_text(encoding="utf-8"), nl=False
        )
        return
    questions = {stem: read_study(path)["question"] for stem, path in paths.items()}
    if as_json:
        print_json(questions)
        return
    for stem, question in questions.items():
        typer.echo(f"{stem:<24} {question}")
    typer.echo("\n`paribus plan NAME` estimates the time; `paribus run NAME --quick` takes a first look.")
