"""`paribus diff`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from paribus.cli.options import AsJson, Home, existing_store, print_json, without_damage

if TYPE_CHECKING:
    from paribus.comparison.diff import Change, StudyDiff


def diff(
    a: Annotated[str, typer.Argument(metavar="A", help="Name of a stored study; of several data sets STUDY.DATA.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Name of the study that is compared with it.")],
    home: Home = None,
    other_home: Annotated[Path | None, typer.Option("--other-home", help="Where B is kept, if elsewhere.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare two stored studies: B minus A for every variant that both have, and what else differs."""
    from paribus.results.result import Result

    ours, theirs = existing_store(home), existing_store(other_home or home)

    def compare() -> StudyDiff:
        return Result(ours, a).compare(Result(theirs, b))

    compared = without_damage(ours, a, lambda: without_damage(theirs, b, compare))
    print_json(compared.values()) if as_json else _print(compared)


def _print(diff: StudyDiff) -> None:
    from rich.text import Text

    from paribus.cli.console import new_console
    from paribus.cli.outcome import print_contrasts
    from paribus.comparison.words import sentence

    console = new_console()
    variants, seeds = len(diff.contrasts), len(diff.seeds)
    counts = f": {variants} variants and {seeds} seeds in common\n"
    console.print(Text.assemble((diff.b, "bold"), " against ", (diff.a, "bold"), counts))
    sentences = [sentence(contrast) for contrast in diff.contrasts]
    print_contrasts(console, diff.values()["contrasts"], diff.contrasts[0].metric, sentences, "variant")
    for name, only in ((diff.a, diff.only_a), (diff.b, diff.only_b)):
        if only:
            console.print(f"\nOnly {name} has: {', '.join(only)}")
    _print_changes(console, "recipe", diff.recipes, variants)
    _print_changes(console, "data, machine, versions", diff.surroundings, variants)


def _print_changes(console: Any, title: str, changes: tuple[Change, ...], variants: int) -> None:
    from rich.table import Table

    if not changes:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in (title, "A", "B", "in"):
        table.add_column(column, overflow="fold")
    for change in changes:
        everywhere = len(change.variants) in (0, variants)
        values = ("-" if value is None else str(value) for value in (change.a, change.b))
        table.add_row(change.path, *values, "all" if everywhere else ", ".join(change.variants))
    console.print()
    console.print(table)
