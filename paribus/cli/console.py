"""The terminal, on which text is text."""

from __future__ import annotations

from rich.console import Console

_WIDTH = 120
"""Columns where the output is no terminal."""


def new_console() -> Console:
    """Where verbs print, wide where it is no terminal: brackets and colons stay as they are; styles come as `Text`."""
    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH
    return console
