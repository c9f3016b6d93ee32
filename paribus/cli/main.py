"""The `paribus` command."""

from __future__ import annotations

import sys

import typer

from paribus.cli.verbs import check, data, diff, doctor, plan, report, run, show
from paribus.cli.verbs import list as list_verb
from paribus.cli.verbs.study_files import init, schema, studies
from paribus.errors import ParibusError

app = typer.Typer(
    name="paribus",
    help="Answer questions about neural-network design with paired seeds and honest verdicts.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for name, verb in {
    "init": init.init,
    "studies": studies.studies,
    "plan": plan.plan,
    "run": run.run,
    "list": list_verb.list_studies,
    "show": show.show,
    "report": report.report,
    "diff": diff.diff,
    "check": check.check,
    "schema": schema.schema,
    "doctor": doctor.doctor,
}.items():
    app.command(name)(verb)
app.add_typer(data.app, name="data")


def main() -> None:
    """Run the command line; exit 2 with a short letter on the user's mistake, 130 when interrupted."""
    try:
        app(standalone_mode=True)
    except ParibusError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(2)
