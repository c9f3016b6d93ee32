"""`paribus run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from paribus.cli.options import (
    AsJson,
    Home,
    Quick,
    RunTimeout,
    Seeds,
    Settings,
    StudyName,
    Trust,
    Workers,
    print_json,
    settings_with,
    writing,
)

if TYPE_CHECKING:
    from paribus.results.result import Result


def run(
    study: StudyName,
    home: Home = None,
    workers: Workers = None,
    seeds: Seeds = None,
    settings: Settings = [],  # noqa: B006  (typer wants a list; it is never changed)
    quick: Quick = False,
    trust: Trust = False,
    run_timeout: RunTimeout = None,
    as_json: AsJson = False,
) -> None:
    """Train what a study asks for and the home does not hold yet; then show the verdicts and write the report."""
    from paribus.execution.forking import number_of_workers, warm_up

    if number_of_workers(workers):
        warm_up()  # before anything that takes time itself
    from paribus.cli.console import read_in_part
    from paribus.study import Study

    opened = Study.open(study, settings_with(settings, seeds), trust=trust)
    opened = opened.quick() if quick else opened
    result = opened.run(home, workers, run_timeout=run_timeout)
    with read_in_part():
        _print(result, as_json)  # first, as what comes after may fail
    result.probe()
    with writing("the report", f"`paribus report {opened.name} -o FILE` writes it elsewhere."):
        path = result.report(anew=False)
    if not as_json:
        typer.echo(f"\nReport: {path}")
    if result.failures or result.unscored:
        raise typer.Exit(1)


def _print(result: Result, as_json: bool) -> None:
    from paribus.cli.across import print_result

    print_json(result.summary) if as_json else print_result(result)
