"""How files come into a home, whole or not at all: in a scratch folder, with checksums, flushed to disk, renamed."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from safetensors import SafetensorError

from paribus.errors import StoreError
from paribus.store.checksums import is_whole, write_sums

_PLACES = ("runs", "studies", "probes", "verdicts", "scores", "checkpoints", "reports", "data", "data/*")
_LOCK = ".lock"
_UNLOCKED_S = 3600
"""Seconds after which a folder without a lock was left, be it by an earlier version, which had none."""


@contextmanager
def scratch(place: Path) -> Generator[Path]:
    """A new folder in `place` for what is half written; it goes at the end, or is swept once its process is dead.

    Its process holds a lock in it, which the system lets go whatever that dies of, and which processes of other
    containers see, and other hosts where the file system has locks.

    Raises:
        OSError: it cannot be made.
    """
    place.mkdir(parents=True, exist_ok=True)
    path, lock = _locked_folder(place)
    try:
        yield path
    finally:
        os.close(lock)
        remove(path)


def _locked_folder(place: Path) -> tuple[Path, int]:
    """A new folder, and the handle of the lock in it."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=".writing-", dir=place))
        with suppress(FileNotFoundError):  # somebody sweeps, and was faster than this lock
            lock = os.open(path / _LOCK, os.O_CREAT | os.O_RDWR)
            if _lock(lock) is not False and (path / _LOCK).exists():
                return path, lock
            os.close(lock)


def _lock(handle: int) -> bool | None:
    """Whether this process holds the lock of a file from now on; None where the file system has none."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return None
    return True


@contextmanager
def replaced(final: Path, place: Path | None = None, *, durable: bool = True) -> Generator[Path]:
    """As `written`, but with the system's own errors.

    Raises:
        OSError: the disk is full, or a folder cannot be written.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    with scratch(place or final.parent) as folder:
        path = folder / final.name
        yield path
        if path.is_dir():
            write_sums(path)
        if durable:
            _flush(path)
        _move(path, final)
        if durable:
            _flush_one(final.parent)


@contextmanager
def written(final: Path, place: Path | None = None, *, durable: bool = True) -> Generator[Path]:
    """A path for a file or a folder, which becomes `final` once all is written there, and goes if that fails.

    A folder gets checksums of its files. A file takes the place of an older one; where another process was faster with
    a folder, that one stays.

    Args:
        final: where it is to be.
        place: folder on the same disk that it is written in; by default that of `final`.
        durable: have it on the disk first; otherwise a power cut may leave it damaged.

    Raises:
        StoreError: the disk is full, or a folder cannot be written.
    """
    try:
        with replaced(final, place, durable=durable) as path:
            yield path
    except (OSError, SafetensorError) as error:
        hint = "Make room, or choose another home with --home."
        raise StoreError(f"Cannot write {final}: {error}. {hint}") from error


def _move(path: Path, final: Path) -> None:
    try:
        path.replace(final)
    except OSError:
        if not (path.is_dir() and final.is_dir()):  # else another process was faster
            raise


def left_over(home: Path) -> Iterator[Path]:
    """What writers that are no longer alive left half written; each is locked for the one who iterates."""
    for left in _all_writing(home):
        try:
            lock = os.open(left / _LOCK, os.O_RDWR)
        except OSError:
            with suppress(OSError):
                if time.time() - left.lstat().st_mtime > _UNLOCKED_S:
                    yield left
            continue
        try:
            if _lock(lock):
                yield left
        finally:
            os.close(lock)


def sweep(home: Path) -> None:
    """Remove what writers that are no longer alive left half written."""
    for left in _all_writing(home):
        with suppress(OSError):
            left.rmdir()  # an empty one; who was about to lock it makes another
    for left in left_over(home):
        remove(left)


def _all_writing(home: Path) -> Iterator[Path]:
    return (path for place in _PLACES for path in home.glob(f"{place}/.writing-*"))


def set_aside(path: Path, home: Path) -> Path:
    """Move what is damaged to `damaged/` in its home, where nothing reads it; the place that it has there."""
    folder = home / "damaged"
    folder.mkdir(exist_ok=True)
    place = next(place for n in count(1) if not (place := folder / f"{path.name}-{n}").exists())
    path.rename(place)
    return place


def remove(path: Path) -> None:
    """Remove a file or a folder, with its lock last; what cannot be removed stays."""
    if path.is_dir():
        with suppress(OSError):
            for inside in path.iterdir():
                if inside.name != _LOCK:
                    remove(inside)
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def remove_damaged(folder: Path) -> None:
    """Remove a folder that can be made again, unless it is whole, as another process may just have made it."""
    if not is_whole(folder):
        remove(folder)


def _flush(path: Path) -> None:
    """Have a file, or a folder with its files, on the disk."""
    for file in path.iterdir() if path.is_dir() else ():
        _flush_one(file)
    _flush_one(path)


def _flush_one(path: Path) -> None:
    if os.name == "nt" and path.is_dir():  # cannot be opened there; the file system keeps a journal of names
        return
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
