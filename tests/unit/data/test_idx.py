"""The IDX reader against bytes written by hand from the format's definition."""

import struct

import numpy as np
import pytest

from paribus.data.formats.idx import parse_idx
from paribus.errors import DataError


def test_bytes_written_by_hand() -> None:
    content = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2, 1, 3) + bytes([0, 1, 2, 253, 254, 255])
    x = parse_idx(content, "file")
    assert x.dtype == np.uint8
    assert x.tolist() == [[[0, 1, 2]], [[253, 254, 255]]]


@pytest.mark.parametrize(
    ("code", "kind", "value"),
    [(9, "b", -7), (0x0B, "h", -300), (0x0C, "i", 70_000), (0x0D, "f", 0.5), (0x0E, "d", 0.1)],
)
def test_every_type_is_read_big_endian(code: int, kind: str, value: float) -> None:
    content = bytes([0, 0, code, 1]) + struct.pack(f">I{kind}", 1, value)
    x = parse_idx(content, "file")
    assert x.dtype.isnative
    assert x.tolist() == [value]


def test_result_can_be_written() -> None:
    x = parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 1, 5]), "file")
    x[0] = 6
    assert x[0] == 6


@pytest.mark.parametrize("change", [-1, 1])
def test_wrong_length_names_both_numbers(change: int) -> None:
    content = bytes([0, 0, 8, 1, 0, 0, 0, 100]) + bytes(100 + change)
    with pytest.raises(DataError, match=rf"^here has {108 + change} bytes .* asks for 108"):
        parse_idx(content, "here")


def test_header_cut_off() -> None:
    with pytest.raises(DataError, match=r"here has 6 bytes where its header \(cut off\) asks for 16"):
        parse_idx(bytes([0, 0, 8, 3, 0, 0]), "here")


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08\x00", bytes([0, 0, 7, 1, 0, 0, 0, 0]), bytes([0, 0, 8, 0, 1])])
def test_not_idx(content: bytes) -> None:
    with pytest.raises(DataError, match="here is not an IDX file: it starts with"):
        parse_idx(content, "here")
