"""The IDX format, in which MNIST and its kin are published: a small header, then one array, big-endian."""

from __future__ import annotations

import math
import struct

import numpy as np

from paribus.errors import DataError

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def parse_idx(content: bytes, where: str) -> np.ndarray:
    """The array in an unpacked IDX file.

    Args:
        content: the whole file.
        where: what an error calls the file.

    Returns:
        An array of the file's shape and type, in this machine's byte order.

    Raises:
        DataError: the file does not start as IDX files do, holds nothing, or is shorter or longer than its header says.

    Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", section "File formats".
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _TYPES or not 1 <= content[3] <= 32:
        raise DataError(
            f"{where} is not an IDX file: it starts with {content[:4].hex(' ') or 'nothing'}. Allowed: two zero bytes, "
            f"a type from {', '.join(f'{code:02x}' for code in _TYPES)}, 1 to 32 dimensions. Replace the file."
        )
    dtype, num_dims = np.dtype(_TYPES[content[2]]), content[3]
    start = 4 + 4 * num_dims
    shape = struct.unpack(f">{num_dims}I", content[4:start]) if len(content) >= start else ()
    if 0 in shape:
        raise DataError(f"{where} has the shape {shape}, so that it holds nothing. Replace the file.")
    expected = start + (math.prod(shape) * dtype.itemsize if shape else 0)
    if len(content) != expected:
        raise DataError(
            f"{where} has {len(content)} bytes where its header {shape or '(cut off)'} asks for {expected}. "
            "Replace the file: it was cut off or changed."
        )
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))
