"""Find the original files of a published data set: in PARIBUS_DATA, the cache, Debian's folder, on the mirrors.

Every file is checked against the published content wherever it lies, so a damaged copy is named and never passed over.
"""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from paribus.data.dataset import Dataset
from paribus.data.download import download, unpack
from paribus.data.formats.idx import parse_idx
from paribus.data.formats.packed import read_published
from paribus.errors import DataError, suggest
from paribus.spec.parts import parts


@dataclass(frozen=True)
class Published:
    """One published file.

    Args:
        sha256: checksum of its content.
        md5: checksum of the .gz, if it is published as such.
        size: of its content in bytes, or a bound: no more is ever read or unpacked.
    """

    sha256: str
    md5: str = ""
    size: int = 1 << 30


@dataclass(frozen=True)
class Archive:
    """One published .tar.gz with all files.

    Args:
        file: its name.
        md5: its checksum.
        folder: the one in it that the files lie in.
        packed: whether it is read as it is, wherever it lies, because it holds too many files to unpack.
    """

    file: str
    md5: str
    folder: str
    packed: bool = False


@dataclass(frozen=True)
class Original:
    """A data set as its authors publish it.

    Args:
        name: the registered name of the source.
        files: checksums by file name without .gz, in the order in which they are read.
        mirrors: addresses of the folder that holds the .gz files or the archive, each ending in a slash; none if it
            cannot be downloaded without an account.
        debian: folder of Debian's copy, or None.
        archive: if all files come as one.
        page: where a person gets the files; the first mirror unless given.
        parse: reads one file from its content and what an error calls it; raises a DataError at what it cannot read.
    """

    name: str
    files: Mapping[str, Published]
    mirrors: tuple[str, ...] = ()
    debian: Path | None = None
    archive: Archive | None = None
    page: str = ""
    parse: Callable[[bytes, str], Any] = parse_idx

    @property
    def address(self) -> str:
        """Where to get the files by hand."""
        return self.page or self.mirrors[0]


@dataclass(frozen=True)
class Place:
    """A folder to search and what an error calls it."""

    label: str
    folder: Path

    def __str__(self) -> str:
        return f"{self.label}: {self.folder}"


_PUBLISHED: dict[str, Original] = {}


def publish(original: Original) -> Original:
    """Make `original` known to `locations`, and its files to the searches for others of the same file names."""
    _PUBLISHED[original.name] = original
    return original


def places_of(original: Original) -> list[Place]:
    """Every folder where the files may lie, in the order of search."""
    inside = original.archive.folder if original.archive else ""
    roots = [Path(os.path.expanduser(root)) for root in os.environ.get("PARIBUS_DATA", "").split(os.pathsep) if root]
    places = [Place("PARIBUS_DATA", folder / inside) for root in roots for folder in (root / original.name, root)]
    places.append(Place("cache", cache_of(original) / inside))
    return [*places, Place("Debian", original.debian)] if original.debian else places


def load_original(
    original: Original,
    class_names: Sequence[str],
    *,
    places: Sequence[Place] | None = None,
) -> Dataset:
    """Find, check and read the four IDX files of `original`.

    Args:
        original: what is sought.
        class_names: one name per class.
        places: folders to search; those of `places_of` unless given.

    Raises:
        DataError: a file is damaged, or is nowhere and cannot be downloaded.
    """
    x_train, y_train, x_test, y_test = read_original(original, places=places)
    labels = y_train.astype(np.int64), y_test.astype(np.int64)
    return Dataset(original.name, x_train, labels[0], x_test, labels[1], tuple(class_names))


def read_original(original: Original, *, places: Sequence[Place] | None = None) -> list[Any]:
    """Find, check and parse every file of `original`, in its order; the arguments are those of `load_original`.

    Raises:
        DataError: a file is damaged, or is nowhere and cannot be downloaded.
    """
    places = places_of(original) if places is None else places
    return [original.parse(_content(original, file, places), file) for file in original.files]


def locations(name: str) -> list[tuple[str, str]]:
    """Where the source `name` would come from now, without reading it.

    Returns:
        Pairs of a place and what is there, in the order of search; the last is the official address, if there is one.

    Raises:
        DataError: no source of that name is registered.
    """
    if name not in parts("data"):
        raise DataError(f"Unknown data source {name!r}. {suggest(name, parts('data'))}")
    if name not in _PUBLISHED:
        return [("bundled", "installed with paribus")]
    original = _PUBLISHED[name]
    places = places_of(original)
    there = {str(place): {file for file in original.files if _is_there(original, place, file)} for place in places}
    missing = set(original.files).difference(*there.values())
    all_files = f"{len(original.files)} {'folders' if original.archive and original.archive.packed else 'files'}"
    said = [(place, f"{len(files)} of {all_files}") for place, files in there.items()]
    how = "download needed" if original.mirrors else "to be fetched by hand"
    need = f"{how}: {len(missing)} of {all_files}" if missing else "not needed"
    return [*said, (original.address, need)]


def cache_of(original: Original) -> Path:
    """The user's folder for its downloads."""
    import pooch

    return Path(pooch.os_cache("paribus")) / original.name


def _is_there(original: Original, place: Place, file: str) -> bool:
    archive = original.archive
    if archive and archive.packed:
        return (place.folder / file).is_dir() or (place.folder.parent / archive.file).is_file()
    return _path(place, file) is not None


def _path(place: Place, file: str) -> Path | None:
    """The file in that folder, packed or not."""
    return next((path for path in (place.folder / f"{file}.gz", place.folder / file) if path.is_file()), None)


def _content(original: Original, file: str, places: Sequence[Place]) -> bytes:
    said: list[str] = []
    for place in places:
        path = _path(place, file)
        content = _checked(original, file, path) if path else b""
        if content:
            return content
        missing = "not there" if place.folder.is_dir() else "no such folder"
        said.append(f"  {place}: {'holds the file of another data set' if path else missing}")
    try:
        path = _fetch(original, file)
    except DataError as failed:
        what = original.archive.file if original.archive else f"the {len(original.files)} files"
        raise DataError(
            f"{original.name}: no copy of {file}{_packed(original)}. Searched:\n"
            + "\n".join([*said, str(failed)])
            + f"\nDownload {what} by hand into {cache_of(original)}, or set PARIBUS_DATA to a folder that holds the "
            "files."
        ) from failed
    return _checked(original, file, path)


def _packed(original: Original) -> str:
    return ".gz" if original.mirrors and not original.archive else ""


def _fetch(original: Original, file: str) -> Path:
    """Download the file, or the archive that holds it; what is in the cache already is used."""
    archive, cache = original.archive, cache_of(original)
    if not original.mirrors:
        raise DataError(f"  {original.page}: asks for an account, so paribus cannot download it")
    if not archive:
        return download(f"{file}.gz", original.files[file].md5, original.mirrors, cache)
    path = cache / archive.folder / file
    if not path.is_file():
        unpack(download(archive.file, archive.md5, original.mirrors, cache), list(original.files), path.parent)
    return path


def _checked(original: Original, file: str, path: Path) -> bytes:
    """The unpacked content; empty if it is another data set's file of the same name.

    Raises:
        DataError: it cannot be read or is not what was published.
    """
    wrong = ""
    content = b""
    size = original.files[file].size
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as stream:
            content = read_published(stream, size)
    except (OSError, EOFError) as failed:
        wrong = f"it cannot be read ({failed})"
    if len(content) > size:
        wrong = f"it holds more than the {size:,} bytes that were published"
    sha256 = hashlib.sha256(content).hexdigest()
    if not wrong and sha256 == original.files[file].sha256:
        return content
    others = {other.files[file].sha256 for other in _PUBLISHED.values() if file in other.files}
    if not wrong and sha256 in others:
        return b""
    if not wrong:
        original.parse(content, str(path))  # says how many bytes are missing
    wrong = wrong or f"its content has sha256 {sha256}, published was {original.files[file].sha256}"
    raise DataError(
        f"{path} is damaged or is not {file} of {original.name}: {wrong}. Remove it, or replace it by "
        f"that of {original.address}."
    )
