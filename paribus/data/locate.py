"""Find the original files of a published data set: in PARIBUS_DATA, the cache, Debian's folder, on the mirrors.

Every file is checked against the published content wherever it lies, so a damaged copy is named and never passed over.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from paribus.data.dataset import Dataset
from paribus.data.download import WAITS_S, download
from paribus.data.idx import parse_idx
from paribus.errors import DataError, suggest
from paribus.spec.parts import parts


@dataclass(frozen=True)
class Published:
    """Checksums of one published file: md5 of the .gz, sha256 of what is in it."""

    md5: str
    sha256: str


@dataclass(frozen=True)
class Original:
    """A data set as its authors publish it.

    Args:
        name: the registered name of the source.
        files: checksums by file name without .gz, in the order train items, train labels, test items, test labels.
        mirrors: addresses of the folder that holds the .gz files, each ending in a slash.
        debian: folder of Debian's copy, or None.
    """

    name: str
    files: Mapping[str, Published]
    mirrors: tuple[str, ...]
    debian: Path | None = None


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


def places_of(original: Original, environ: Mapping[str, str] = os.environ, cache: Path | None = None) -> list[Place]:
    """Every folder where the files may lie, in the order of search; `cache` is the user's unless given."""
    roots = [Path(root).expanduser() for root in environ.get("PARIBUS_DATA", "").split(os.pathsep) if root]
    places = [Place("PARIBUS_DATA", folder) for root in roots for folder in (root / original.name, root)]
    places.append(Place("cache", cache or _cache(original)))
    return [*places, Place("Debian", original.debian)] if original.debian else places


def load_original(
    original: Original,
    class_names: Sequence[str],
    *,
    places: Sequence[Place] | None = None,
    cache: Path | None = None,
    waits_s: Sequence[float] = WAITS_S,
) -> Dataset:
    """Find, check and read the four IDX files of `original`.

    Args:
        original: what is sought.
        class_names: one name a class.
        places: folders to search; those of `places_of` unless given.
        cache: folder that downloads go to; the user's cache unless given.
        waits_s: pauses between tries of a mirror, in seconds.

    Raises:
        DataError: a file is damaged, or is nowhere and cannot be downloaded.
    """
    cache = cache or _cache(original)
    places = places_of(original, cache=cache) if places is None else places
    arrays = [parse_idx(_content(original, file, places, cache, waits_s), file) for file in original.files]
    x_train, y_train, x_test, y_test = arrays
    labels = y_train.astype(np.int64), y_test.astype(np.int64)
    return Dataset(original.name, x_train, labels[0], x_test, labels[1], tuple(class_names))


def locations(name: str, places: Sequence[Place] | None = None) -> list[tuple[str, str]]:
    """Where the source `name` would come from now, without reading it.

    Returns:
        Pairs of a place and what is there, in the order of search; the last is the download, if there is one.

    Raises:
        DataError: no source of that name is registered.
    """
    if name not in parts("data"):
        raise DataError(f"Unknown data source {name!r}. {suggest(name, parts('data'))}")
    if name not in _PUBLISHED:
        return [("bundled", "installed with paribus")]
    original = _PUBLISHED[name]
    places = places_of(original) if places is None else places
    there = {str(place): {file for file in original.files if _path(place, file)} for place in places}
    missing = set(original.files).difference(*there.values())
    said = [(place, f"{len(files)} of {len(original.files)} files") for place, files in there.items()]
    need = f"download needed: {len(missing)} of {len(original.files)} files" if missing else "not needed"
    return [*said, (original.mirrors[0], need)]


def _cache(original: Original) -> Path:
    import pooch

    return Path(pooch.os_cache("paribus")) / original.name


def _path(place: Place, file: str) -> Path | None:
    """The file in that folder, packed or not."""
    return next((path for path in (place.folder / f"{file}.gz", place.folder / file) if path.is_file()), None)


def _content(original: Original, file: str, places: Sequence[Place], cache: Path, waits_s: Sequence[float]) -> bytes:
    said: list[str] = []
    for place in places:
        path = _path(place, file)
        found = _checked(original, file, path) if path else b""
        if found:
            return found
        missing = "not there" if place.folder.is_dir() else "no such folder"
        said.append(f"  {place}: {'holds the file of another data set' if path else missing}")
    try:
        path = download(f"{file}.gz", original.files[file].md5, original.mirrors, cache, waits_s)
    except DataError as failed:
        raise DataError(
            f"{original.name}: no copy of {file}.gz. Searched:\n" + "\n".join([*said, str(failed)]) + f"\nDownload the "
            f"{len(original.files)} files by hand into {cache}, or set PARIBUS_DATA to a folder that holds them."
        ) from failed
    return _checked(original, file, path)


def _checked(original: Original, file: str, path: Path) -> bytes:
    """The unpacked content; empty if it is another data set's file of the same name.

    Raises:
        DataError: it cannot be read or is not what was published.
    """
    wrong = ""
    content = b""
    try:
        content = path.read_bytes()
        content = gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error) as failed:
        wrong = f"it cannot be read ({failed})"
    sha256 = hashlib.sha256(content).hexdigest()
    if not wrong and sha256 == original.files[file].sha256:
        return content
    others = {other.files[file].sha256 for other in _PUBLISHED.values() if file in other.files}
    if not wrong and sha256 in others:
        return b""
    if not wrong:
        parse_idx(content, str(path))  # says how many bytes are missing
    wrong = wrong or f"its content has sha256 {sha256}, published was {original.files[file].sha256}"
    raise DataError(
        f"{path} is damaged or is not {file} of {original.name}: {wrong}. Remove it, or replace it by "
        f"{original.mirrors[0]}{file}.gz."
    )
