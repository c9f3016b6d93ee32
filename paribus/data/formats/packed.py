"""Packed files: how far one may unpack, so that a small file can never fill the memory."""

from __future__ import annotations

from io import BufferedIOBase
from pathlib import Path

from paribus.errors import DataError

_ALWAYS, _TIMES = 64 << 20, 200  # bytes that any file may unpack to, and how many times its size a larger one
_BLOCK = 1 << 20


def check_unpacked(path: Path, num_bytes: int, remedy: str, size: int | None = None) -> None:
    """Refuse a file that unpacks to more than 200 times its size, unless that is at most 64 MiB; of a folder 128 MiB.

    Args:
        path: the packed file, or the folder.
        num_bytes: what it unpacks to, or a part of that.
        remedy: what the user does if the file is meant so.
        size: of the folder's files in bytes.

    Raises:
        DataError: it is more than allowed.
    """
    always = _ALWAYS if size is None else 2 * _ALWAYS
    size = path.stat().st_size if size is None else size
    if num_bytes > max(always, _TIMES * size):
        raise DataError(
            f"{path} has {size:,} bytes but unpacks to {num_bytes:,} or more. Allowed: {_TIMES} times its size, or "
            f"{always >> 20} MiB. If it is meant so, {remedy}; else replace it."
        )


def check_stream(stream: BufferedIOBase, path: Path) -> None:
    """Unpack a stream to its end without keeping anything; `check_unpacked` says when to stop."""
    num_bytes = 0
    while block := stream.read(_BLOCK):
        num_bytes += len(block)
        check_unpacked(path, num_bytes, "unpack the file first")


def read_published(stream: BufferedIOBase, size: int) -> bytes:
    """All of a stream that should hold `size` bytes, and one byte of what is too much.

    Raises:
        EOFError: it is damaged; the text says after which byte.
    """
    content = bytearray()
    try:
        while block := stream.read(min(_BLOCK, size + 1 - len(content))):
            content += block
    except Exception as failed:  # gzip and zlib raise many kinds for damaged files
        raise EOFError(f"after byte {len(content):,} of {size:,}: {failed}") from failed
    return bytes(content)


class Bounded(BufferedIOBase):
    """A stream that ends in an EOFError where it is damaged, and beyond `size` bytes."""

    def __init__(self, stream: BufferedIOBase, size: int) -> None:
        self._stream = stream
        self._size = size
        self._done = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to so many bytes; the text of the error says after which byte."""
        try:
            block = self._stream.read(size)
        except Exception as failed:  # gzip and zlib raise many kinds for damaged files
            raise EOFError(f"after byte {self._done:,}: {failed}") from failed
        self._done += len(block)
        if self._done > self._size:
            raise EOFError(f"it unpacks to more than {self._size:,} bytes")
        return block
