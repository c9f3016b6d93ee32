"""How damage is noticed: a folder has `SHA256SUMS`, as `sha256sum -c` reads it; a file that stands alone is sealed."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from paribus.errors import DamagedError

SUMS = "SHA256SUMS"
SEAL = "0" * 64
"""The value of `"sha256"` in a file that is to be sealed, in JSON without spaces, as in the header of safetensors."""
_NOT_SO = f"it is not what its line in {SUMS} says."
_MARK = b'"sha256":"'


def write_sums(folder: Path) -> None:
    """Write a line for every file of the folder, the last thing before it is moved to its place."""
    lines = [f"{_digest(file)}  {file.name}\n" for file in sorted(folder.iterdir())]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def read_whole(path: Path) -> bytes:
    """The content of a file, which is what was written; not verified where its folder has no checksums.

    Raises:
        DamagedError: it is not, or is missing.
    """
    content = _content(path)
    sums = sums_of(path.parent)
    if sums is not None and sums.get(path.name) != hashlib.sha256(content).hexdigest():
        raise DamagedError(f"{path} is damaged: {_NOT_SO}")
    return content


def sums_of(folder: Path) -> dict[str, str] | None:
    """The checksum of each file of a folder by its name; None in folders of earlier versions, which have none."""
    try:
        text = _content(folder / SUMS).decode("utf-8", "replace")
    except DamagedError:
        return None
    lines = (line.partition("  ") for line in text.splitlines())
    return {name: digest for digest, _, name in lines}


def check_sums(folder: Path) -> None:
    """Verify all files of a folder.

    Raises:
        DamagedError: one is not what was written, or is missing, or the folder has no checksums.
    """
    sums = sums_of(folder)
    if not sums:
        raise DamagedError(f"{folder / SUMS} is {'missing' if sums is None else 'empty'}.")
    for name, digest in sums.items():
        with _no_file_is_damage(folder / name):
            actual = _digest(folder / name)
        if actual != digest:
            raise DamagedError(f"{folder / name} is damaged: {_NOT_SO}")


def is_whole(folder: Path) -> bool:
    """Whether all files of a folder are what was written; not if it has no checksums, or is not there.

    It is read once a process, and again where a file changed.
    """
    try:
        state = [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in folder.iterdir()]
    except OSError:
        return False
    return _is_whole(folder, tuple(sorted(state)))


@cache
def _is_whole(folder: Path, _: tuple[tuple[str, int, int], ...]) -> bool:
    try:
        check_sums(folder)
    except DamagedError:
        return False
    return True


def is_damaged(folder: Path) -> bool:
    """Whether a file of a folder is not what was written; not if that cannot be known, as there are no checksums."""
    return (folder / SUMS).exists() and not is_whole(folder)


def seal(path: Path) -> None:
    """Put the checksum of a file that holds `SEAL` in its place."""
    content = path.read_bytes()
    at = content.index(_MARK + SEAL.encode()) + len(_MARK)
    with path.open("r+b") as file:
        file.seek(at)
        file.write(hashlib.sha256(content).hexdigest().encode())


def read_sealed(path: Path) -> bytes:
    """The content of a file that was sealed, and is what was written.

    Raises:
        DamagedError: it is not, was never sealed, or is missing.
    """
    content = _content(path)
    before, mark, rest = content.partition(_MARK)
    digest = hashlib.sha256(before + mark + SEAL.encode())
    digest.update(rest[len(SEAL) :])
    if rest[: len(SEAL)] != digest.hexdigest().encode():
        raise DamagedError(f"{path} is damaged: it is not what its checksum says.")
    return content


def _content(path: Path) -> bytes:
    with _no_file_is_damage(path):
        return path.read_bytes()


@contextmanager
def _no_file_is_damage(path: Path) -> Generator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise DamagedError(f"{path} is missing.") from None


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
