"""How worker processes begin: forked from one that has imported PyTorch, which takes seconds; this file imports little.

Python's own fork server would need a socket with a name, in a temporary directory that may be full, or too deep for
one; it would stay when the driver is killed, and hold the driver's output as long as it imports.
"""

from __future__ import annotations

import atexit
import multiprocessing
import multiprocessing.util
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Protocol

from paribus.errors import SpecError
from paribus.execution.server import STATUS

_SIZE = 2**30
_ENVIRONMENT = {
    "GLIBC_TUNABLES": f"glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold={_SIZE}:glibc.malloc.trim_threshold={_SIZE}",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
}
"""Memory comes in large pages and is kept, so that steps take less time, see `docs/log.md`; and no installed package is
searched for plugins, which takes a quarter of a second. Both are read at a process' start, and by nothing else."""


class Process(Protocol):
    """A worker process as the driver sees it."""

    pid: int | None
    """Its number; None until it has begun."""
    exitcode: int | None
    """None while it lives, and where nobody can tell; -N after signal N."""
    peak: int
    """The most memory that it had, in bytes; 0 where nobody can tell."""

    @property
    def sentinel(self) -> int | None:
        """What can be waited for until there is news; None when there will be none."""
        ...

    def look(self) -> None:
        """Take in what is new."""
        ...

    def why(self) -> str:
        """Of one that never began: how that ended which should have begun it, in words that follow its name."""
        ...

    def close(self) -> None:
        """Let go of it, whether it has ended or not."""
        ...


def number_of_workers(asked: int | None = None) -> int:
    """What was asked for, else what PARIBUS_WORKERS says, else as many as there are cores that this process may use.

    Raises:
        SpecError: it is no such number.
    """
    said = os.environ.get("PARIBUS_WORKERS", "")
    if asked is None and said:
        asked = int(said) if said.isdecimal() else -1
    if asked is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if asked < 0:
        raise SpecError(f"workers must be a number of processes, or 0 for this one alone; found {said or asked!r}.")
    return asked


def warm_up() -> None:
    """Begin importing what workers need, in the background; worth calling before the data are read.

    Ctrl-C reaches neither the process that imports nor the workers that are forked from it.
    """
    if _forks():
        _server()


def begin(pipe: Connection) -> tuple[Process, int | None]:
    """Begin a worker.

    Args:
        pipe: its end of the pipe to this process.

    Returns:
        The process, and a file to read its output from, None where that goes where this process' own goes.
    """
    if not _forks():
        return _Spawned(pipe), None
    output, writes = os.pipe()
    status, tells = os.pipe()
    os.set_blocking(output, False)
    try:
        server = _server()
        server.ask(pipe.fileno(), writes, tells)
    finally:
        os.close(writes)
        os.close(tells)
    return Forked(status, server), output


class Forked:
    """A worker that the server has been asked for, see `Process`."""

    def __init__(self, status: int, server: Server) -> None:
        self.pid: int | None = None
        self.exitcode: int | None = None
        self.peak = 0
        self._server = server
        self._status: int | None = status
        os.set_blocking(status, False)

    @property
    def sentinel(self) -> int | None:
        """Until the server has told all, or is gone."""
        return self._status

    def look(self) -> None:
        """Read what the server tells."""
        while self._status is not None:
            try:
                told = os.read(self._status, STATUS.size)
            except BlockingIOError:
                return
            if not told:
                self.close()
            elif self.pid is None:
                self.pid, _ = STATUS.unpack(told)
            else:
                self.exitcode, self.peak = STATUS.unpack(told)

    def why(self) -> str:
        """What its server says, or came to."""
        return self._server.last_words()

    def close(self) -> None:
        """Hear no more."""
        if self._status is not None:
            os.close(self._status)
            self._status = None


class Server:
    """The driver's side of `server.main`, which ends with this process by itself."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._control, theirs = socket.socketpair()
        files = theirs.fileno(), _lifeline(self.owner)
        flags = multiprocessing.util._args_from_interpreter_flags()  # pyright: ignore  (as multiprocessing does)
        code = f"import sys; sys.path[:] = {sys.path!r}; from paribus.execution.server import main; main{files}"
        words, nothing = [sys.executable, *flags, "-c", code], subprocess.DEVNULL
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # until it can ignore it
        try:
            with _environment():
                self._process = subprocess.Popen(words, stdin=nothing, stdout=nothing, stderr=nothing, pass_fds=files)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            theirs.close()

    @property
    def usable(self) -> bool:
        """Whether it lives, and is this process' own."""
        return self.owner == os.getpid() and self._process.poll() is None

    def ask(self, *files: int) -> None:
        """Ask for a worker with these files; one that is gone is not told of it."""
        with suppress(OSError):
            socket.send_fds(self._control, [b"f"], list(files))

    def last_words(self) -> str:
        """Why it ended: the traceback of what it could not import, or how the system ended it."""
        with suppress(OSError, subprocess.TimeoutExpired):
            self._process.wait(5.0)
            if text := self._control.recv(4096, socket.MSG_DONTWAIT).decode(errors="replace"):
                return f"failed:\n{text}"
        return ending(self._process.poll())

    def end(self) -> None:
        """End it, even while it imports; its workers go on."""
        self._control.close()
        if self.owner == os.getpid():
            self._process.kill()
            self._process.wait()


def ending(exitcode: int | None) -> str:
    """How a process ended, in words that follow its name."""
    if exitcode is None:
        return "ended, and nobody was left to tell how"
    if exitcode >= 0:
        return f"ended with exit code {exitcode}"
    return f"was ended by signal {-exitcode} ({_signal(-exitcode)}){_SENT.get(-exitcode, '')}"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "of no name"


_SENT = {
    9: ", which the system sends when memory runs out",
    6: ", which compiled code raises when it finds its memory damaged",
    11: ", which the system sends when compiled code reaches for memory that is not its own",
}
_lifelines: dict[int, tuple[int, int]] = {}
_lock = threading.Lock()
_running: list[Server] = []


def _lifeline(owner: int) -> int:
    """A pipe that is closed when this process ends, and not before, whatever becomes of servers."""
    if owner not in _lifelines:
        _lifelines[owner] = os.pipe()
    return _lifelines[owner][0]


def _server() -> Server:
    """The one that runs; a new one where there is none any more."""
    with _lock:
        if not (_running and _running[-1].usable):
            while _running:
                _running.pop().end()
            _running.append(Server())
        return _running[-1]


@atexit.register
def _end() -> None:
    while _running:
        _running.pop().end()


@contextmanager
def _environment() -> Iterator[None]:
    """Processes that start now find these variables, unless they have others of their name."""
    added = {name: value for name, value in _ENVIRONMENT.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


class _Spawned:
    """A worker that begins anew, where processes cannot be forked, see `Process`."""

    def __init__(self, pipe: Connection) -> None:
        self._process = multiprocessing.get_context("spawn").Process(target=_serve, args=(pipe,), daemon=True)
        with _environment(), _main_not_imported():
            self._process.start()
        self.pid: int | None = self._process.pid
        self.exitcode: int | None = None
        self.peak = 0

    @property
    def sentinel(self) -> int | None:
        """Until it has ended."""
        return self._process.sentinel if self.exitcode is None else None

    def look(self) -> None:
        """Ask the system."""
        self.exitcode = self._process.exitcode

    def why(self) -> str:
        """It always begins, or `Process.start` raises."""
        return ending(self.exitcode)

    def close(self) -> None:
        """Nothing is held."""


def _serve(pipe: Connection) -> None:
    """Be a spawned worker."""
    from paribus.execution import worker

    driver = multiprocessing.parent_process()
    assert driver
    worker.serve(pipe, driver.join)


@contextmanager
def _main_not_imported() -> Iterator[None]:
    """Keep new workers from importing the user's script, so that it needs no `if __name__ == "__main__"` guard."""
    main = sys.modules["__main__"]
    saved = {name: getattr(main, name) for name in ("__file__", "__spec__") if hasattr(main, name)}
    if "__file__" in saved:
        del main.__file__
    main.__spec__ = None
    try:
        yield
    finally:
        for name, value in saved.items():
            setattr(main, name, value)


def _forks() -> bool:
    """Elsewhere there is no `fork`, or it is unsafe after PyTorch was imported, as on macOS."""
    return sys.platform == "linux"
