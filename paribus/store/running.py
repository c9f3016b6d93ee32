"""Who runs a study: a lock in its home, which the system takes back however its holder ends."""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
import time
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from paribus.errors import StoreError
from paribus.store.store import Store
from paribus.store.writing import sweep

_PAUSE_S = 0.2
_FAR = 2**30
"""The locked byte of the file, behind the text, as Windows lets nobody read a locked byte."""


@contextmanager
def driving(home: Path, names: Iterable[str], quiet: bool) -> Generator[Store]:
    """The store, with nobody else running these studies: while others do, wait, and say so on standard error.

    Args:
        home: directory of the store.
        names: of the studies.
        quiet: say nothing.

    Raises:
        StoreError: the directory or the database cannot be used.
    """
    store = Store(home)
    with ExitStack() as held:
        held.callback(sweep, store.home)  # what workers left that were killed
        for name in sorted(set(names)):  # in one order, so that no two wait for each other
            try:
                path, file = _wait(store.home, name, quiet)
            except OSError as error:
                raise StoreError(
                    f"Cannot write {home / 'running'}: {error}. Make room, or choose another home."
                ) from error
            held.callback(_release, path, file)
        yield store


def runner(home: Path, name: str) -> str:
    """Who runs a study, as `process 77 on host since 2026-12-01 12:03`; empty if nobody does."""
    path = _path(home, name)
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return ""
    try:
        return "" if _lock(file) else _told(file)
    finally:
        os.close(file)


def _wait(home: Path, name: str, quiet: bool) -> tuple[Path, int]:
    """Wait until the lock of a study is ours, and return its file."""
    path, holder = _path(home, name), ""
    while (file := _taken(path)) is None:
        if not (holder or quiet) and (holder := runner(home, name)):
            text = f"{name} is being run by {holder}: this waits for its end, then goes on from there. Ctrl-C leaves."
            sys.stderr.write(f"{text}\n")
        time.sleep(_PAUSE_S)
    me = {"process": os.getpid(), "host": socket.gethostname(), "since": datetime.now().isoformat(" ", "minutes")}
    with suppress(OSError):  # the lock alone does
        os.ftruncate(file, 0)
        os.write(file, json.dumps(me).encode())
    return path, file


def _release(path: Path, file: int) -> None:
    with suppress(OSError):
        path.unlink()
    os.close(file)
    with suppress(OSError):  # another study is being run
        path.parent.rmdir()


def _path(home: Path, name: str) -> Path:
    return home / "running" / sha256(name.encode(errors="surrogatepass")).hexdigest()[:32]


def _taken(path: Path) -> int | None:
    """The file, locked; None if another process holds it."""
    with suppress(FileExistsError):
        path.parent.mkdir()
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except FileNotFoundError:  # its folder was removed by the one who ended
        return None
    if _lock(file):
        with suppress(OSError):
            if os.path.samestat(os.fstat(file), os.stat(path)):
                return file  # else it was removed by the one who ended
    os.close(file)
    return None


def _lock(file: int) -> bool:
    """Lock a file for as long as it is open; whether it was free. Where the file system has no locks all are."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(file, _FAR, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            os.lseek(file, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
    return True


def _told(file: int) -> str:
    """What the holder of the lock wrote about itself."""
    try:
        os.lseek(file, 0, os.SEEK_SET)
        who = json.loads(os.read(file, 1000))
        return f"process {int(who['process'])} on {str(who['host'])[:100]} since {str(who['since'])[:20]}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
