"""`paribus run`."""

from __future__ import annotations

import typer

from paribus.cli.options import (
    AsJson,
    Home,
    Quick,
    Seeds,
    Settings,
    StudyName,
    Workers,
    print_json,
    settings_with,
    writing,
)


def run(
    study: StudyName,
    home: Home = None,
    workers: Workers = None,
    seeds: Seeds = None,
    settings: Settings = [],  # noqa: B006  (typer wants a list; it is never changed)
    quick: Quick = False,
    as_json: AsJson = False,
) -> None:
    """Train what a study asks for and the home does not hold yet; then show the verdicts and write the report."""
    from paribus.execution.forking import warm_up

    warm_up()  # before anything that takes time itself
    from paribus.study import Study

    opened = Study.open(study, settings_with(settings, seeds))
    try:
        opened = opened.quick() if quick else opened
        result = opened.run(home, workers)
        result.probe()
    except KeyboardInterrupt:
        typer.echo("\nInterrupted. What finished is stored; the same command goes on from there.", err=True)
        raise typer.Exit(130) from None
    with writing("the report", f"`paribus report {opened.name} -o FILE` writes it elsewhere."):
        path = result.report()
    if as_json:
        print_json(result.summary)
    else:
        from paribus.cli.across import print_any

        print_any(result)
        typer.echo(f"\nReport: {path}")
    if result.failures:
        raise typer.Exit(1)
