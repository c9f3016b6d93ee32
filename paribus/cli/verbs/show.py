"""`paribus show`."""

from __future__ import annotations

from paribus.cli.options import AsJson, Home, Stored, existing_store, print_json


def show(name: Stored, home: Home = None, as_json: AsJson = False) -> None:
    """Show the scores and verdicts of a stored study."""
    from paribus.cli.across import print_any
    from paribus.series import outcome

    found = outcome(existing_store(home), name)
    print_json(found.summary) if as_json else print_any(found)
