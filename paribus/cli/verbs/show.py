"""`paribus show`."""

from __future__ import annotations

import typer

from paribus.cli.options import AsJson, Home, Stored, existing_store, print_json, without_damage


def show(name: Stored, home: Home = None, as_json: AsJson = False) -> None:
    """Show the scores and verdicts of a stored study."""
    from paribus.cli.across import print_result
    from paribus.results.result import Result
    from paribus.store.running import runner

    store = existing_store(home)

    def print_all() -> None:
        result, running = Result(store, name), runner(store.home, name)
        print_json(result.summary | ({"status": "running"} if running else {})) if as_json else print_result(result)
        if running and not as_json:
            typer.echo(f"\n{name} is being run by {running}.")

    without_damage(store, name, print_all)
