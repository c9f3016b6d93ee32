"""Flags that several verbs share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from paribus.errors import ParibusError

if TYPE_CHECKING:
    from paribus.store import Store

T = TypeVar("T")

StudyName = Annotated[str, typer.Argument(metavar="STUDY", help="A built-in study or a study file.")]
Stored = Annotated[str, typer.Argument(metavar="NAME", help="Name of a study in the home directory.")]
Home = Annotated[
    Path | None, typer.Option("--home", help="Where studies are kept.  [PARIBUS_HOME, else ./paribus-home]")
]
Seeds = Annotated[int | None, typer.Option("--seeds", help="Number of seeds, instead of the study's.")]
Settings = Annotated[
    list[str], typer.Option("--set", metavar="PATH=VALUE", help="Change the study, as in baseline.epochs=20.")
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", min=0, help="Processes, of one thread each; 0 for none.  [PARIBUS_WORKERS, else one per core]"
    ),
]
RunTimeout = Annotated[
    float | None,
    typer.Option(
        "--run-timeout", metavar="SECONDS", min=1, help="Stop a run, as failed, that takes longer.  [no limit]"
    ),
]
Quick = Annotated[
    bool,
    typer.Option("--quick", help="A first look: about 2,000 rows, 2 epochs, 2 seeds; its numbers are no result."),
]
Trust = Annotated[
    bool, typer.Option("--trust", help="Import the code that is named, wherever it lies: it runs on this machine.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def settings_with(settings: list[str], seeds: int | None) -> list[str]:
    """`--seeds N` is short for `--set seeds=N`."""
    return settings if seeds is None else [*settings, f"seeds={seeds}"]


def print_json(values: Any) -> None:
    """Print JSON values, one line per leaf, keys in order."""
    import json

    typer.echo(json.dumps(values, indent=1, allow_nan=False))


@contextmanager
def writing(what: object, advice: str) -> Iterator[None]:
    """Within this, a file that cannot be written is a short error message that ends with the advice.

    Raises:
        ParibusError: it cannot.
    """
    try:
        yield
    except OSError as error:
        raise ParibusError(f"Cannot write {what}: {error.strerror or error}. {advice}") from None


def existing_store(home: Path | None) -> Store:
    """The store in `home`, to read; reading never makes one.

    Raises:
        StoreError: there is none.
    """
    from paribus.errors import StoreError
    from paribus.store import find_store, home_directory

    folder = home_directory(home)
    store = find_store(folder)
    if store is None:
        raise StoreError(f"No studies in {folder}. Run one with `paribus run STUDY`, or give --home.")
    return store


def without_damage(store: Store, name: str, act: Callable[[], T]) -> T:
    """What `act` returns; if it meets damaged runs of the study, they are named and it is called again without them.

    Raises:
        ParibusError: as `act` does.
    """
    from paribus.errors import DamagedError

    try:
        return act()
    except DamagedError:
        store.leave_out(store.keys(name))
        return act()
