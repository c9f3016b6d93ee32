"""The `paribus` command; it imports next to nothing, so that it handles signals from the start."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import Any

_GOES_ON = {"run", "check"}
_AGAIN_S = 0.25
"""Between a signal and another look at whether it was swallowed."""


def main() -> None:
    """Run the command line; exit 2 with a short letter on the user's mistake, 128 + N when ended by signal N."""
    signals = _Signals()
    try:
        signals.listen()
        _call()
    except BaseException:
        if signals.found is None:
            raise
        signals.end()
    finally:
        signals.leave()


def _call() -> None:
    from paribus.errors import ParibusError

    try:
        from paribus.cli.app import app

        app(standalone_mode=True)
    except ParibusError as error:
        sys.stderr.write(f"Error: {error}\n")
        sys.exit(2)


class _Stopped(BaseException):
    """A signal came. Not a KeyboardInterrupt, which Typer handles in its own way."""


class _Signals:
    """Ctrl-C, and the signals that systems send to end a program: all end this one in order, wherever it is."""

    def __init__(self) -> None:
        self.found: int | None = None
        self._before: dict[int, Any] = {}

    def listen(self) -> None:
        """From now on signals raise; those that are ignored, as after `nohup`, still are."""
        with suppress(ValueError):  # in a thread, where signals do not come
            for name in ("SIGINT", "SIGTERM", "SIGHUP"):
                number = getattr(signal, name, None)
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._stop)

        if self._before and hasattr(signal, "setitimer"):
            self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._again)

    def _stop(self, number: int, _: FrameType | None) -> None:
        self.found = self.found or number
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_S, _AGAIN_S)
        raise _Stopped

    def _again(self, *_: object) -> None:
        """Raise once more where a finalizer or an import swallowed it; not while it is on its way and all tidy up."""
        if sys.exc_info()[1] is None:
            raise _Stopped

    def end(self) -> None:
        """End the program, whatever came of the exception on its way: within an import it may be another by now."""
        assert self.found is not None
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        for number in self._before:
            signal.signal(number, signal.SIG_IGN)
        self._before.clear()
        what = "Interrupted" if self.found == signal.SIGINT else f"Ended by {signal.Signals(self.found).name}"
        rest = " What finished is stored; the same command goes on from there." if _GOES_ON & set(sys.argv[1:2]) else ""
        with suppress(OSError, ValueError):
            sys.stderr.write(f"\n{what}.{rest}\n")
            sys.stderr.flush()
        sys.exit(128 + self.found)

    def leave(self) -> None:
        """Let signals do again what they did before."""
        for number, before in self._before.items():
            signal.signal(number, before)
