"""Every error that paribus raises on purpose, as one tree.

    ParibusError
    ├── SpecError    the study file asks for something that cannot be
    ├── DataError    the data are missing, damaged or not what the study says
    ├── StoreError   the home directory or its database cannot be used
    │   └── DamagedError   something in it is not what was written
    └── RunError     a training could not be carried out

Each message says what is wrong, what was found, what is allowed and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 10_000
"""Characters of a message; of a longer one the middle is left out, and counted."""


_ODD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class ParibusError(Exception):
    """Something the user can act on; the CLI prints it without a traceback."""

    def __init__(self, text: str) -> None:
        super().__init__(shortened(text))


class SpecError(ParibusError):
    """The study asks for something that cannot be."""


class DataError(ParibusError):
    """The data are missing, damaged or not what the study says."""


class StoreError(ParibusError):
    """The home directory or its database cannot be used."""


class DamagedError(StoreError):
    """Something in the home directory is not what was written, or is missing."""


class RunError(ParibusError):
    """A training could not be carried out."""


def shortened(text: str, most: int = LONGEST) -> str:
    """The beginning and the end of a text that is longer than `most` characters, as `printable` has it."""
    if len(text) > most:
        left_out = len(text) - most + 100
        text = f"{text[: most // 2 - 50]} [... {left_out:,} characters ...] {text[len(text) - (most // 2 - 50) :]}"
    return printable(text)


def printable(text: str) -> str:
    """Control characters, which a terminal would act on, and halves of a character as escapes; lines and tabs stay."""
    return _ODD.sub(lambda found: repr(found[0])[1:-1], text)


def suggest(got: object, known: Iterable[object]) -> str:
    """The end of an error message: the nearest match, then all that is allowed."""
    names = sorted(str(name) for name in known)
    near = get_close_matches(str(got), names, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    return f"{hint}Known: {', '.join(names)}."
