"""The terminal, where text is shown as text and never acted on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.segment import Segment

from paribus.errors import printable

_WIDTH = 120
"""Width in columns where the output is no terminal."""


class _Terminal(Console):
    """A console for text of unknown origin: what a terminal would act on is shown as it is written."""

    def _render_buffer(self, buffer: Iterable[Segment]) -> str:
        plain = (s if s.control else Segment(printable(s.text), s.style) for s in buffer)
        return super()._render_buffer(plain)

    def on_broken_pipe(self) -> None:
        raise  # noqa: PLE0704  (within Rich's own `except`; it would end the program)


def new_console() -> Console:
    """Where verbs print, wide where it is no terminal: brackets and colons stay as they are; styles come as `Text`."""
    console = _Terminal(markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH
    return console


@contextmanager
def read_in_part() -> Iterator[None]:
    """Within this, output may be read in part, as by `head`: the rest is dropped, and the work goes on."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
