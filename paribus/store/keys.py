"""What a database says names a file only if it is what paribus would have written there: a key, or a study's name."""

from __future__ import annotations

import re

from paribus.errors import StoreError

_KEY, _NAME = r"[0-9a-f]{64}", r"[A-Za-z0-9][A-Za-z0-9_-]*"


def is_key(text: object) -> bool:
    """Whether it can be the key of a run, or the fingerprint of data."""
    return isinstance(text, str) and re.fullmatch(_KEY, text) is not None


def checked_key(text: object) -> str:
    """The key of a run, or the fingerprint of data: 64 hexadecimal digits, as sha256 gives them.

    Raises:
        StoreError: it is something else, which could name a file outside of the home.
    """
    return _checked(text, _KEY, "A run's key, or the fingerprint of data, must be 64 hexadecimal digits")


def checked_name(text: object) -> str:
    """The name of a study, or of its part STUDY.DATA.

    Raises:
        StoreError: it is something else, which could name a file outside of the home.
    """
    return _checked(text, rf"{_NAME}(\.{_NAME})?", "A study's name must be letters, digits, '-' and '_'")


def _checked(text: object, pattern: str, must: str) -> str:
    if isinstance(text, str) and re.fullmatch(pattern, text):
        return text
    raise StoreError(
        f"{must}, found {repr(text)[:100]}. The home is damaged, or not what it seems: remove "
        "that row from its database, or choose another with --home."
    )
