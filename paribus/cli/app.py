"""All verbs of the `paribus` command."""

from __future__ import annotations

import typer

from paribus.cli.verbs import check, data, diff, doctor, init, plan, report, run, schema, show, studies
from paribus.cli.verbs import list as list_verb

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
