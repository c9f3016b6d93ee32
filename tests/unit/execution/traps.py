"""Data that harm who opens them: workers import this, so it imports little."""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


class Unpicklable(Exception):
    """Its `__init__` takes more than its `args` hold, as many a library's does."""

    def __init__(self, what: str, where: int) -> None:
        super().__init__(f"{what} at {where}")


@dataclass(frozen=True)
class Trap:
    """Stands in for the folder of the prepared data: a cohort that opens its first file there is counted, and ends.

    Args:
        folder: the real one.
        name: of the file that counts.
        deaths: how many times the process is killed.
        error: what is raised instead.
        unpicklable: whether its class is one whose errors cannot be unpickled.
    """

    folder: Path
    name: str
    deaths: int = 0
    error: str = ""
    unpicklable: bool = False

    def __truediv__(self, file: str) -> Path:
        if file == "x_test.npy":  # the training part is loaded by then
            with (self.folder / self.name).open("ab") as counter:
                counter.write(b"x")
            if self.error:
                raise Unpicklable(self.error, 7) if self.unpicklable else ValueError(self.error)
            if self.attempts <= self.deaths:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.folder / file

    @property
    def attempts(self) -> int:
        return len((self.folder / self.name).read_bytes())


@dataclass(frozen=True)
class Full(Trap):
    """Memory that runs out the first times."""

    def __truediv__(self, file: str) -> Path:
        path = super().__truediv__(file)
        if file == "x_test.npy" and self.attempts <= self.times:
            raise RuntimeError(
                "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 64 bytes."
            )
        return path

    times: int = 0


@dataclass(frozen=True)
class Misdeed:
    """Stands in for the folder of the prepared data, as `Trap`: what is done when the first file is opened there.

    Args:
        folder: the real one.
        do: what is done.
    """

    folder: Path
    do: Callable[[], Any]

    def __truediv__(self, file: str) -> Path:
        if file == "x_test.npy":
            self.do()
        return self.folder / file


def leave() -> None:
    os._exit(3)


def fault() -> None:
    ctypes.string_at(0)


def raise_much() -> None:
    raise ValueError("begins" + "x" * 5_000_000 + "ends")


def close_files() -> None:
    os.closerange(0, 200)
    time.sleep(5)


def print_much() -> None:
    for _ in range(1000):
        print("y" * 1000)
    os.write(2, b"at last\n")


def end_server() -> None:
    os.kill(os.getppid(), signal.SIGKILL)


def end_server_and_itself() -> None:
    end_server()
    os.kill(os.getpid(), signal.SIGKILL)


def wait_for_ever() -> None:
    while True:
        time.sleep(60)


def exit_program() -> None:
    sys.exit("enough")


def go_twice() -> None:
    os.fork()


def need_memory() -> None:
    np.ones(2**50)


def interrupt() -> None:
    raise KeyboardInterrupt
