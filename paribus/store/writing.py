"""How things come into a home: under a temporary name, flushed to disk, renamed; there whole or not at all."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from safetensors import SafetensorError

from paribus.errors import StoreError

_PLACES = ("runs", "probes", "verdicts", "checkpoints", "data", "data/*")


def temporary_path(folder: Path, name: str) -> Path:
    """A path in `folder` that says which process of which host writes there, see `sweep`."""
    return folder / f".writing-{os.getpid()}-{socket.gethostname()}@{name}"


@contextmanager
def written(final: Path, place: Path | None = None, *, durable: bool = True) -> Generator[Path]:
    """A path for a file or a folder, which becomes `final` once all is written there, and goes if that fails.

    A file takes the place of an older one; where another process was faster with a folder, that one stays.

    Args:
        final: where it is to be.
        place: folder of the path, on the same disk; by default that of `final`.
        durable: have it on the disk first; otherwise a power cut may leave it damaged.

    Raises:
        StoreError: the disk is full, or a folder cannot be written.
    """
    path = temporary_path(place or final.parent, final.name)
    try:
        for folder in (path.parent, final.parent):
            folder.mkdir(parents=True, exist_ok=True)
        _remove(path)  # left by an interrupted write of this process, or one of its number
        yield path
        if durable:
            _flush(path)
        _move(path, final)
        if durable:
            _flush_one(final.parent)
    except Exception as error:
        _remove(path)
        if isinstance(error, OSError | SafetensorError):
            hint = "Make room, or choose another home with --home."
            raise StoreError(f"Cannot write {final}: {error}. {hint}") from error
        raise


def _move(path: Path, final: Path) -> None:
    try:
        path.rename(final)
    except OSError:
        if not (path.is_dir() and final.is_dir()):
            raise
        _remove(path)  # another process was faster


def sweep(home: Path) -> None:
    """Remove what processes of this host that are no longer alive left half-written."""
    for left in (path for place in _PLACES for path in home.glob(f"{place}/.writing-*")):
        process, _, rest = left.name.removeprefix(".writing-").partition("-")
        if rest.startswith(f"{socket.gethostname()}@") and not _alive(int(process)):
            _remove(left)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove(path: Path) -> None:
    """Remove a file or a folder; what cannot be removed stays."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


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
