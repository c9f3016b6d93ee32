"""Small files that unpack to gigabytes are refused before they fill the memory; good files are not."""

import lzma
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from broken_files import (
    COUNTS,
    HEAD,
    IMDB,
    MNIST,
    REVIEW,
    Case,
    X,
    Y,
    bytes_of,
    file,
    gzipped,
    images,
    npz,
    show,
    tar,
    write,
)
from PIL import Image

NPZ = npz(x=X, y=Y)


def zeros(count: int) -> bytes:
    """A gzip of so many MB of zeros, made of members."""
    return gzipped(bytes(1 << 20)) * count


def huge_png(folder: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0))
    write(
        folder / "dog/1.png",
        b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b""),
    )


def flat_png(folder: Path) -> None:
    Image.new("RGB", (9000, 9000)).save(folder / "dog/1.png")


def packed_npz(folder: Path) -> dict[str, Any]:
    """An honest archive of 512 MB of zeros in half a MB."""
    head = bytes_of(np.save, np.zeros((0, 1 << 20), np.uint8)).replace(b"(0, 1048576)", b"(512, 1048576) ")
    with zipfile.ZipFile(folder / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as member:
            member.write(head)
            for _ in range(512):
                member.write(bytes(1 << 20))
        archive.writestr("y.npy", bytes_of(np.save, np.arange(512) % 2))
    return {"source": "a.npz"}


def lying_npz(folder: Path) -> dict[str, Any]:
    """The same, but the archive says that the array has 1,000 bytes."""
    packed_npz(folder)
    content = (folder / "a.npz").read_bytes()
    with zipfile.ZipFile(folder / "a.npz") as archive:
        size = archive.getinfo("x.npy").file_size
    at = content.rindex(b"PK\x01\x02", 0, content.rindex(b"PK\x01\x02"))  # x.npy in the list at the end
    write(folder / "a.npz", content[:at] + content[at:].replace(struct.pack("<I", size), struct.pack("<I", 1000), 1))
    return {"source": "a.npz"}


def long_runs(folder: Path) -> dict[str, Any]:
    """A Parquet file of 100 million equal rows."""
    table = pa.table({"a": np.zeros(10_000_000, np.int8), "label": np.zeros(10_000_000, np.int8)})
    with pq.ParquetWriter(folder / "a.parquet", table.schema) as writer:
        for _ in range(10):
            writer.write_table(table, row_group_size=10_000_000)
    return {"source": "a.parquet"}


def one_long_text(folder: Path) -> dict[str, Any]:
    """A Parquet file of 200,000 texts, each the same megabyte."""
    text = pa.DictionaryArray.from_arrays(np.zeros(200_000, np.int32), ["a" * (1 << 20)])
    table = pa.table({"text": text, "label": np.arange(200_000) % 2})
    pq.write_table(table, folder / "a.parquet", store_schema=False)  # says that it is a column of plain texts
    return {"source": "a.parquet", "text": COUNTS}


BOMBS: dict[str, Case] = {
    "IDX": (file(f"{MNIST}.gz", zeros(1024), "mnist"), [f"{MNIST}.gz", "holds more than the 47,040,016 bytes"]),
    "CSV in gzip": (
        file("a.csv.gz", zeros(1024)),
        ["a.csv.gz has 1,0", "bytes but unpacks to 2", "200 times its size"],
    ),
    "CSV in xz": (
        file("a.csv.xz", lzma.compress(bytes(1 << 26)) * 16),
        ["a.csv.xz has 1", "bytes but unpacks to 68,157,440", "64 MiB", "unpack the file first"],
    ),
    "CSV of one long line": (file("a.csv.gz", gzipped(b"a," * (1 << 26))), ["a.csv.gz has", "unpacks to 68,157,440"]),
    "NPZ": (packed_npz, ["a.npz has 52", "bytes but unpacks to 536,", "numpy.savez"]),
    "NPZ that lies": (lying_npz, ["a.npz, array 'x' cannot be read: "]),
    "NPZ that promises terabytes": (
        file("a.npz", NPZ.replace(b"(20, 3), }       ", b"(9999999999, 99)}")),
        ["a.npz, array 'x' cannot be read: "],
    ),
    "PNG of 50,000 x 50,000": (images(huge_png), ["dog/1.png cannot be read as an image: Image size (2500000000"]),
    "PNG of 9,000 x 9,000 black pixels": (images(flat_png), ["dog/1.png has", "unpacks to 243,000,000", "smaller"]),
    "Parquet": (long_runs, ["a.parquet has", "bytes but unpacks to 1,600,000,000", "write it as CSV or NPZ"]),
    "Parquet of one long text": (one_long_text, ["a.parquet has", "bytes but unpacks to 209,715,200,000 or more"]),
    "CSV of texts": (
        file("a.csv.gz", gzipped(b"text,label\na") + zeros(1024), text=COUNTS),
        ["a.csv.gz has 1,0", "bytes but unpacks to 2", "200 times its size"],
    ),
    "IMDB with a text of a gigabyte": (
        file(IMDB, tar(REVIEW, b"", size=1 << 30) + zeros(1024), "imdb"),
        [f"{IMDB} is damaged or is not", "train/neg holds more than the 16,289,992 bytes that were published"],
    ),
    "IMDB that unpacks to gigabytes": (
        file(IMDB, tar("aclImdb/README", b"", size=4 << 30) + zeros(4096), "imdb"),
        [f"{IMDB} cannot be read: it unpacks to more than 536,870,912 bytes"],
    ),
}


# Runs a verb and prints the most memory that the process ever held, in MB.
PEAK = """\
import resource, sys
from paribus.cli.main import main
sys.argv = ["paribus", *sys.argv[1:]]
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
try:
    main()
finally:
    with open("/proc/self/status") as status:
        print("peak", next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM")))
"""


@pytest.mark.parametrize("case", BOMBS)
def test_bombs_are_refused_in_little_memory(folder: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    make, expected = BOMBS[case]
    monkeypatch.setenv("PARIBUS_DATA", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    words = [sys.executable, "-c", PEAK, *show(make(folder))]
    before = sorted(folder.rglob("*"))
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2, done
    for word in expected:
        assert word in done.stderr
    assert (len(done.stderr.splitlines()), sorted(folder.rglob("*"))) == (1, before)
    assert int(done.stdout.removeprefix("peak ")) < 200


def test_what_is_packed_well_but_small_is_read(cli, folder: Path) -> None:
    np.savez_compressed(folder / "a.npz", x=np.zeros((60, 100_000), np.uint8), y=np.arange(60) % 2)
    (folder / "a.csv.gz").write_bytes(gzipped((HEAD + "1,2,0\n1,2,1\n" * 9999).encode()))
    for name in ("a.npz", "a.csv.gz"):
        assert cli("data", "show", name).code == 0
