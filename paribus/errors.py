"""Every error that paribus raises on purpose, as one tree.

    ParibusError
    ├── SpecError    the study file asks for something that cannot be
    ├── DataError    the data are missing, damaged or not what the study says
    ├── StoreError   the home directory or its database cannot be used
    └── RunError     a training could not be carried out

Each message says what is wrong, what was found, what is allowed and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class ParibusError(Exception):
    """Something the user can act on; the CLI prints it without a traceback."""


class SpecError(ParibusError):
    """The study asks for something that cannot be."""


class DataError(ParibusError):
    """The data are missing, damaged or not what the study says."""


class StoreError(ParibusError):
    """The home directory or its database cannot be used."""


class RunError(ParibusError):
    """A training could not be carried out."""


def suggest(got: object, known: Iterable[object]) -> str:
    """The end of an error message: the nearest match, then all that is allowed."""
    names = sorted(str(name) for name in known)
    near = get_close_matches(str(got), names, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    return f"{hint}Known: {', '.join(names)}."
