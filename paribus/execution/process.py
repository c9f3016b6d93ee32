"""A worker as the driver sees it: its process, the pipe to it, its output, and how long it has been silent."""

from __future__ import annotations

import codecs
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any

from paribus.execution.forking import Process, begin, ending
from paribus.execution.messages import LIMIT, Surroundings, receive, send

_PATIENCE_S = 60
"""The longest that a worker may stop in the middle of a message."""
_LAST_S = 5.0
"""The longest that is waited for a process that was told to end, or has closed its pipe."""
_PAUSE_S = 0.2
"""A worker that tells where it is, and then nothing for so long, has told all."""


class Worker:
    """A process of one thread that takes one job after another.

    Its pipe is nobody else's, so that whatever it leaves there when it dies is in nobody's way.
    """

    def __init__(self) -> None:
        self.output = Output()
        self.silent_s = self.busy_s = 0.0
        ours, theirs = Pipe()
        self._pipe: Connection = ours  # pyright: ignore[reportAttributeAccessIssue]  (of another class on Windows)
        _never_for_ever(self._pipe)
        self._closed = self._stopped = False
        self.process: Process
        self.process, self._heard = begin(theirs)  # pyright: ignore[reportArgumentType]
        theirs.close()
        self.tell(Surroundings(sys.path, os.getcwd()))

    def tell(self, message: Any) -> None:
        """Send it something; one that is gone hears nothing."""
        self.silent_s = self.busy_s = 0.0
        try:
            send(self._pipe, message)
        except OSError:
            self._closed = True

    def waited_for(self) -> list[Any]:
        """What becomes ready when there is news of it."""
        pipe = [] if self._closed else [self._pipe]
        return [*pipe, *(file for file in (self._heard, self.process.sentinel) if file is not None)]

    def news(self) -> Iterator[Any]:
        """Its messages so far; what it printed is taken in."""
        self._hear()
        self.process.look()
        while not self._closed:
            try:
                if not self._pipe.poll():
                    return
                message = receive(self._pipe)
            except Exception:  # the pipe is closed, or what came is no message: it is of no more use
                self._closed = True
                return
            self.silent_s = 0.0
            yield message

    @property
    def gone(self) -> bool:
        """Whether it has ended, and all that it sent has been taken in; one without a pipe is ended."""
        if self._closed and self.process.exitcode is None:
            self._join(1.0)  # it ends by itself, as a rule
            self._stopped = self.process.exitcode is None
            self.kill()
        if self.process.exitcode is None:
            return self._closed
        return self._closed or not self._pipe.poll()

    def kill(self) -> None:
        """End it now, whatever it does."""
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))  # which is what Windows has
        self.close()
        self._join(_LAST_S)
        self._hear()

    def close(self) -> None:
        """Let it end when it has done what it does."""
        self._closed = True
        self._pipe.close()

    def release(self) -> None:
        """Wait until one that is closed has ended, end it if that takes long, and let go of it."""
        self._join(_LAST_S)
        self.kill()
        self.process.close()
        if self._heard is not None:
            os.close(self._heard)
            self._heard = None

    @property
    def ending(self) -> str:
        """How it ended, in words that follow its name."""
        if self._stopped and self.process.pid:
            return "closed its pipe to this program, as a model does that closes every file, and was stopped"
        return ending(self.process.exitcode)

    def place(self) -> str:
        """Where in its program it is; empty where that cannot be found out."""
        if self._heard is None or not hasattr(signal, "SIGUSR1"):
            return ""
        said = self.output.tail
        self._signal(signal.SIGUSR1)
        deadline = time.monotonic() + 1.0
        while self._heard is not None and (left_s := deadline - time.monotonic()) > 0:
            pause_s = left_s if self.output.tail == said else min(left_s, _PAUSE_S)  # it tells line by line
            if not wait([self._heard], pause_s):
                break
            self._hear()
        return self.output.words()

    def _signal(self, number: int) -> None:
        self.process.look()
        if self.process.pid is not None and self.process.exitcode is None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, number)

    def _join(self, most_s: float) -> None:
        """Wait for its end; not for one that has not begun, which finds its pipe closed when it does."""
        deadline = time.monotonic() + most_s
        self.process.look()
        while self.process.pid and self.process.sentinel and (left_s := deadline - time.monotonic()) > 0:
            wait([self.process.sentinel], left_s)
            self.process.look()

    def _hear(self) -> None:
        """Take in what it printed, so that it need never wait; a little at a time, as others print too."""
        with suppress(BlockingIOError):
            if self._heard is not None and not self.output.take(os.read(self._heard, 2**20)):
                os.close(self._heard)
                self._heard = None


class Output:
    """What a worker prints during a job: shown on this process' standard error up to a limit, the rest counted."""

    def __init__(self) -> None:
        self.tail = b""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._count, self._line = 0, ""

    def take(self, said: bytes) -> bytes:
        """Show what is within the limit, by whole lines."""
        room = max(LIMIT - self._count, 0)
        self._count += len(said)
        self.tail = (self.tail + said)[-LIMIT:]
        lines, newline, self._line = (self._line + self._decoder.decode(said[:room])).rpartition("\n")
        _show(lines + newline)
        return said

    def end(self) -> None:
        """The job is done: show what is left, or how much that is."""
        if self._line:
            _show(f"{self._line}\n")
        if self._count > LIMIT:
            _show(f"[{self._count - LIMIT:,} more bytes were printed]\n")
        self.__init__()

    def words(self) -> str:
        """The last of what it printed."""
        return _telling(self.tail.decode(errors="replace").strip())[-2000:]


def _telling(text: str) -> str:
    """The text without the list of modules that Python's fault handler adds."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("Extension modules:"))


def _show(text: str) -> None:
    if text:
        with suppress(OSError, ValueError):  # nobody reads it
            sys.stderr.write(_telling(text))
            sys.stderr.flush()


def _never_for_ever(pipe: Connection) -> None:
    """Have reading and writing fail, where the other side stops in the middle of a message."""
    if os.name == "posix":
        with socket.socket(fileno=os.dup(pipe.fileno())) as same:
            for side in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                same.setsockopt(socket.SOL_SOCKET, side, struct.pack("@ll", _PATIENCE_S, 0))
