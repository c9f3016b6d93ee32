"""The process that workers are forked from: it imports what they need, then forks one whenever the driver asks.

It holds nothing of the driver's but two pipes, and ends when the driver does, even while it imports.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import struct
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

STATUS = struct.Struct("=qq")
"""What is told of a worker: first its number and 0, at last its exit code and the most memory that it had, in bytes."""
_UNIT = 1024
"""Bytes in which the system counts that memory."""


def main(control: int, lifeline: int) -> None:
    """Serve until the driver ends.

    Args:
        control: socket through which the driver asks for workers, see `_Server`, and is told of an error.
        lifeline: pipe that nobody writes to; it is closed when the driver ends.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    asked, lifeline = socket.socket(fileno=_low(control)), _low(lifeline)
    try:
        with _ends_with(lifeline):
            _prepare()
        _Server(asked, lifeline).serve()
    except BaseException:
        asked.sendall(traceback.format_exc()[-4000:].encode())
        os._exit(1)


def _low(file: int) -> int:
    """The same file by a number that `select` takes, which it does not from 1024 on."""
    low = os.dup(file)
    os.close(file)
    return low


@contextmanager
def _ends_with(lifeline: int) -> Iterator[None]:
    """End the process with the driver, by a thread; it is gone afterwards, as a process of several is hard to fork."""
    read, write = os.pipe()

    def follow() -> None:
        if lifeline in select.select([lifeline, read], [], [])[0]:
            os._exit(1)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    yield
    os.write(write, b"x")
    thread.join()
    os.close(read)
    os.close(write)


def _prepare() -> None:
    """Import all that workers need, and leave memory that stays one for all of them."""
    gc.disable()  # nothing that is imported ends, and looking for what does takes a tenth of the time
    import numpy as np

    import paribus.execution.worker  # noqa: F401
    from paribus import kernels
    from paribus.spec.parts import parts

    some = np.zeros(1, np.float32)
    kernels.relu(some, some)  # the first kernel takes Numba half a second, others little
    for kind in ("model", "optimizer", "schedule"):
        parts(kind)  # which imports them
    gc.collect()
    gc.enable()
    gc.freeze()  # or a collection in a worker would write to, and so copy, every page with an object


class _Server:
    """Forks a worker for every three files that come through the control socket.

    They are the worker's end of its pipe to the driver, where its output goes, and where its `STATUS` is told.
    """

    def __init__(self, control: socket.socket, lifeline: int) -> None:
        self._control, self._lifeline = control, lifeline
        self._status: dict[int, int] = {}
        self._ended, self._wake = os.pipe()
        os.set_blocking(self._ended, False)
        os.set_blocking(self._wake, False)

    def serve(self) -> None:
        """Fork and tell, until the driver closes its end."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        while True:
            ready = select.select([self._control, self._ended], [], [])[0]
            if self._ended in ready:
                os.read(self._ended, 4096)
                self._tell_ends()
            if self._control in ready:
                asked, files, *_ = socket.recv_fds(self._control, 1, 3)
                if not asked:
                    os._exit(0)
                self._fork(*files)

    def _fork(self, pipe: int, output: int, status: int) -> None:
        number = os.fork()
        if not number:
            self._work(pipe, output, [status, *self._status.values()])
        os.close(pipe)
        os.close(output)
        self._status[number] = status
        _tell(status, number, 0)

    def _tell_ends(self) -> None:
        """Tell the driver of workers that have ended."""
        while self._status:
            number, status, used = os.wait4(-1, os.WNOHANG)
            if not number:
                return
            told = self._status.pop(number, None)
            if told is not None:
                _tell(told, os.waitstatus_to_exitcode(status), used.ru_maxrss * _UNIT)
                os.close(told)

    def _work(self, pipe: int, output: int, others: list[int]) -> None:
        """Be a worker, and end as one."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._control.close()
            for file in (self._ended, self._wake, *others):
                os.close(file)
            for file in (1, 2):
                os.dup2(output, file)
            os.close(output)
            sys.stdout, sys.stderr = (_by_lines(file) for file in (1, 2))
            from multiprocessing.connection import Connection

            from paribus.execution import worker

            worker.serve(Connection(pipe), lambda: os.read(self._lifeline, 1))
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)


def _by_lines(file: int) -> TextIO:
    return open(file, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _tell(status: int, *values: int) -> None:
    with suppress(OSError):  # the driver does not want to know any more
        os.write(status, STATUS.pack(*values))
