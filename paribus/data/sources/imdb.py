"""IMDB."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np

from paribus.data.dataset import Dataset
from paribus.data.download import download
from paribus.data.formats.packed import Bounded
from paribus.data.locate import Archive, Original, Place, Published, cache_of, places_of, publish
from paribus.errors import DataError
from paribus.spec.parts import part

IMDB = publish(
    Original(
        name="imdb",
        files={
            "train/neg": Published("c4fadaf2b54a174667ceb39991414b94ae291cb29139e85286045dfa3d1603e1", size=16_289_992),
            "train/pos": Published("06ef43b1c61923583634d12bc31cec8155e46193974a15a0301874f098362593", size=16_842_831),
            "test/neg": Published("feb52be9a69d5ba6d34474dd383454eefcc9d237ac8f694eae6943df7ce226f7", size=16_067_328),
            "test/pos": Published("5512ca39dd08f153554ce99421c2a576b67cbfe397c24987446a6d3ef3d55c3f", size=16_283_357),
        },
        mirrors=("https://ai.stanford.edu/~amaas/data/sentiment/",),
        archive=Archive("aclImdb_v1.tar.gz", "7c2ac02c03563afcf9b574c7e56c153a", "aclImdb", packed=True),
        page="https://ai.stanford.edu/~amaas/data/sentiment/",
    )
)
_EACH = 12_500
_MOST = 1 << 29  # bytes, more than the published archive unpacks to
_Text = tuple[str, str, IO[bytes]]  # folder, name and content


@part("data")
def imdb() -> Dataset:
    """50,000 film reviews, negative or positive; the 50,000 without a label are left out.

    The texts are as published: a line break is still written `<br />`, whose `br` is a word to every vocabulary.

    Raises:
        DataError: the files are damaged, or are nowhere and cannot be downloaded.

    Source: Maas et al. (2011), "Learning word vectors for sentiment analysis".
    """
    texts = read_reviews(IMDB, _EACH)
    x_train, x_test = (np.array([*texts[f"{part}/neg"], *texts[f"{part}/pos"]], object) for part in ("train", "test"))
    y = np.repeat(np.arange(2), _EACH)
    return Dataset("imdb", x_train, y, x_test, y.copy(), ("negative", "positive"))


def read_reviews(original: Original, each: int, *, places: Sequence[Place] | None = None) -> dict[str, list[str]]:
    """Find, check and read the texts of `original`, in their folders or in the archive, which is not unpacked.

    Args:
        original: its `files` are the folders of the texts; their sha256 is over the texts in the order of their names,
            each after its length as 8 bytes, the lowest first.
        each: number of texts in a folder.
        places: folders to search; those of `places_of` unless given.

    Returns:
        The texts of each folder in the order of their names.

    Raises:
        DataError: a folder or the archive is damaged, or is nowhere and cannot be downloaded.
    """
    archive, cache = original.archive, cache_of(original)
    assert archive, f"{original.name} is published without an archive"
    said: list[str] = []
    for place in places_of(original) if places is None else places:
        packed = place.folder.parent / archive.file
        if any((place.folder / folder).is_dir() for folder in original.files):
            return _checked(original, each, _unpacked(original, place.folder), place.folder)
        if packed.is_file():
            return _checked(original, each, _packed(original, packed), packed)
        said.append(f"  {place}: not there, nor {packed}")
    try:
        path = download(archive.file, archive.md5, original.mirrors, cache)
    except DataError as failed:
        raise DataError(
            f"{original.name}: no copy of {archive.folder} or {archive.file}. Searched:\n"
            + "\n".join([*said, str(failed)])
            + f"\nDownload {archive.file} by hand into {cache}, or set PARIBUS_DATA to a folder that holds it."
        ) from failed
    return _checked(original, each, _packed(original, path), path)


def _unpacked(original: Original, folder: Path) -> Iterator[_Text]:
    for inside in original.files:
        for path in (folder / inside).glob("*.txt"):
            with path.open("rb") as content:
                yield inside, path.name, content


def _packed(original: Original, path: Path) -> Iterator[_Text]:
    """The same from the archive, read once as a stream."""
    with gzip.open(path) as unpacked, tarfile.open(fileobj=Bounded(unpacked, _MOST), mode="r|") as stream:
        for member in stream:
            _, _, inside = member.name.removeprefix("./").partition("/")
            folder, _, name = inside.rpartition("/")
            content = stream.extractfile(member) if folder in original.files and name.endswith(".txt") else None
            if content:
                yield folder, name, content


def _checked(original: Original, each: int, members: Iterator[_Text], where: Path) -> dict[str, list[str]]:
    wrong = f"{where} is damaged or is not that of {original.name}: "
    mend = f". Remove it, or replace it by that of {original.address}."
    contents: dict[str, dict[str, bytes]] = {folder: {} for folder in original.files}
    left = {folder: published.size for folder, published in original.files.items()}
    try:
        for folder, name, content in members:
            contents[folder][name] = content.read(left[folder] + 1)
            left[folder] -= len(contents[folder][name])
            if left[folder] < 0:
                size = original.files[folder].size
                raise DataError(f"{wrong}{folder} holds more than the {size:,} bytes that were published{mend}")
    except (OSError, EOFError, tarfile.TarError) as failed:
        raise DataError(f"{where} cannot be read: {failed}{mend}") from failed
    for folder, texts in contents.items():
        if len(texts) != each:
            raise DataError(f"{wrong}{folder} has {len(texts):,} texts, published were {each:,}{mend}")
        digest = hashlib.sha256()
        for name in sorted(texts):
            digest.update(len(texts[name]).to_bytes(8, "little") + texts[name])
        if digest.hexdigest() != original.files[folder].sha256:
            raise DataError(f"{wrong}{folder} has texts of sha256 {digest.hexdigest()}, other than published{mend}")
    return {folder: [texts[name].decode() for name in sorted(texts)] for folder, texts in contents.items()}
