"""Faults at every point at which something is written below a folder, without any hook in the program.

Points are: a file opened for writing, a rename, a new folder, a removal, a flush to disk, a commit of the database, and
each library that writes a file by itself, which then has written half of it.
"""

from __future__ import annotations

import errno
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet
import safetensors.numpy
import safetensors.torch
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from paribus.errors import ParibusError

FINE, LETTER, KILLED, TRACEBACK = 0, 2, 9, 77
EVENTS = {"os.rename": 1, "os.mkdir": 0, "os.remove": 0, "os.rmdir": 0}
"""Of Python's audit, with the argument that names the place."""


class Points:
    """Counts the points that are passed, and makes one of them fail.

    Args:
        folder: below which they count.
        failing: the number of the one that fails, from 1.
        kill: end the process there, instead of an error that says that the disk is full.
    """

    def __init__(self, folder: Path, failing: int, kill: bool) -> None:
        self.folder, self.failing, self.kill = str(folder), failing, kill
        self.names: list[str] = []

    def install(self) -> None:
        """From now on, for the rest of this process."""
        sys.addaudithook(self._audit)
        self._flush(os.fsync)
        event.listen(Engine, "commit", lambda _: self._pass("commit", full=_database_full))
        for module, name in (
            (safetensors.numpy, "serialize_file"),
            (safetensors.torch, "serialize_file"),
            (pyarrow.parquet, "write_table"),
            (np, "savez"),
            (np, "save"),
        ):
            self._half(module, name)

    def _audit(self, name: str, values: tuple[Any, ...]) -> None:
        if name == "open":
            path, _, flags = values
            if isinstance(path, str | bytes | os.PathLike) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
                self._pass("open", path)
        elif name in EVENTS:
            self._pass(name, values[EVENTS[name]])

    def _pass(self, name: str, path: Any = None, full: Callable[[], Exception] | None = None) -> None:
        if path is not None and not os.fsdecode(os.path.abspath(path)).startswith(self.folder):
            return
        self.names.append(name)
        if len(self.names) == self.failing:
            if self.kill:
                os._exit(KILLED)
            raise full() if full else OSError(errno.ENOSPC, "No space left on device")

    def _flush(self, flush: Callable[[int], None]) -> None:
        def fsync(file: int) -> None:
            self._pass("fsync")
            flush(file)

        os.fsync = fsync

    def _half(self, module: Any, name: str) -> None:
        write = getattr(module, name)

        def written(*values: Any, **options: Any) -> Any:
            result = write(*values, **options)
            path = next(value for value in values if isinstance(value, str | Path))
            try:
                self._pass(name, path)
            finally:
                if len(self.names) == self.failing:
                    os.truncate(path, os.path.getsize(path) // 2)
            return result

        setattr(module, name, written)


def _database_full() -> Exception:
    return OperationalError("COMMIT", {}, Exception("database or disk is full"))


def in_child(do: Callable[[], Any], points: Points | None = None) -> tuple[int, list[str]]:
    """Do something in a process of its own; how it ended, and the points that it passed if it ended by itself."""
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads, which do nothing here
        number = os.fork()
    if not number:
        code = TRACEBACK
        try:
            os.close(read)
            if points:
                points.install()
            do()
            code = FINE
        except ParibusError:
            code = LETTER
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            if points:
                os.write(write, " ".join(points.names).encode()[-60_000:])
            os._exit(code)
    os.close(write)
    with os.fdopen(read) as file:
        names = file.read().split()
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]), names
