"""IMDB: folders and the archive on a few texts made here, and the published set."""

import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from paribus.data import describe, load
from paribus.data.locate import Archive, Original, Place, Published
from paribus.data.sources.imdb import IMDB, read_reviews
from paribus.data.text.tokens import count_terms
from paribus.errors import DataError
from paribus.spec.data import DataSpec, TextFeatures

TEXTS = {folder: {"10_2.txt": f"né {folder}", "2_1.txt": "<br />two"} for folder in IMDB.files}
OTHERS = {"aclImdb/README": "", "aclImdb/train/unsup/0_0.txt": "none", "aclImdb/train/urls_pos.txt": "http"}


def digest(texts: dict[str, str]) -> str:
    encoded = [texts[name].encode() for name in sorted(texts)]
    return hashlib.sha256(b"".join(len(text).to_bytes(8, "little") + text for text in encoded)).hexdigest()


def toy(md5: str = "0" * 32) -> Original:
    files = {folder: Published(digest(texts)) for folder, texts in TEXTS.items()}
    archive = Archive("aclImdb_v1.tar.gz", md5, "aclImdb", packed=True)
    return Original("toy", files, ("http://127.0.0.1:9/",), archive=archive)


def tree() -> dict[str, str]:
    named = {f"aclImdb/{folder}/{name}": text for folder, texts in TEXTS.items() for name, text in texts.items()}
    return {**OTHERS, **named}


def unpacked(root: Path) -> list[Place]:
    for name, text in tree().items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return [Place("PARIBUS_DATA", root / "aclImdb")]


def packed(root: Path, prefix: str = "") -> list[Place]:
    root.mkdir(exist_ok=True)
    with tarfile.open(root / "aclImdb_v1.tar.gz", "w:gz") as archive:
        for name, text in reversed(tree().items()):
            member = tarfile.TarInfo(prefix + name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return [Place("PARIBUS_DATA", root / "aclImdb")]


EXPECTED = {folder: [f"né {folder}", "<br />two"] for folder in IMDB.files}


def test_folders_and_archive_give_the_same(tmp_path: Path) -> None:
    for places in (unpacked(tmp_path / "a"), packed(tmp_path / "b"), packed(tmp_path / "c", "./")):
        found = read_reviews(toy(), 2, places=[Place("cache", tmp_path / "no" / "aclImdb"), *places])
        assert found == EXPECTED


def test_damaged_copies_are_named(tmp_path: Path) -> None:
    places = unpacked(tmp_path)
    (tmp_path / "aclImdb" / "test" / "neg" / "2_1.txt").write_text("changed")
    with pytest.raises(DataError, match=r"aclImdb is damaged or is not that of toy: test/neg has texts of sha256"):
        read_reviews(toy(), 2, places=places)
    (tmp_path / "aclImdb" / "test" / "neg" / "2_1.txt").unlink()
    with pytest.raises(DataError, match=r"test/neg has 1 texts, published were 2\. Remove it, or replace it"):
        read_reviews(toy(), 2, places=places)
    packed(tmp_path / "b")
    archive = tmp_path / "b" / "aclImdb_v1.tar.gz"
    archive.write_bytes(b"no archive")
    with pytest.raises(DataError, match=r"aclImdb_v1\.tar\.gz cannot be read: "):
        read_reviews(toy(), 2, places=[Place("cache", tmp_path / "b" / "aclImdb")])


def test_when_it_is_nowhere_every_place_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pooch.os_cache", lambda _: tmp_path)
    monkeypatch.setattr("paribus.data.download.WAITS_S", ())
    with pytest.raises(DataError) as raised:
        read_reviews(toy(), 2, places=[Place("cache", tmp_path / "aclImdb")])
    lines = str(raised.value).splitlines()
    assert lines[1] == f"  cache: {tmp_path}/aclImdb: not there, nor {tmp_path}/aclImdb_v1.tar.gz"
    assert "http://127.0.0.1:9/aclImdb_v1.tar.gz: " in lines[2]
    assert lines[-1].startswith(f"Download aclImdb_v1.tar.gz by hand into {tmp_path}/toy, or set PARIBUS_DATA")


@pytest.mark.fulldata
def test_imdb_is_as_published() -> None:
    data = load(DataSpec(source="imdb"), Path())
    assert (data.x_train.shape, data.x_test.shape, data.class_names) == ((25000,), (25000,), ("negative", "positive"))
    assert np.bincount(data.y_train).tolist() == np.bincount(data.y_test).tolist() == [12500, 12500]
    found = describe(data)
    assert (found["duplicates"], found["overlap"]) == ({"train": 96, "test": 199}, 123)
    assert data.fingerprint == "8d11962c48229607557483779c8b2c3f266b73d47ad2a6cf985f50a9d3da3dd2"


@pytest.mark.fulldata
def test_imdb_counts_are_those_of_scikit_learn() -> None:
    texts = load(DataSpec(source="imdb"), Path()).x_train
    peer = CountVectorizer()
    expected = peer.fit_transform(texts)
    expected.sort_indices()
    found = count_terms(texts.tolist(), TextFeatures(kind="counts"))
    assert found.terms.to_pylist() == peer.get_feature_names_out().tolist()
    assert len(found.terms) == 74_849  # as in many published vocabularies of it
    for name, array in (("indptr", found.indptr), ("indices", found.indices), ("data", found.counts)):
        assert np.array_equal(array, getattr(expected, name))
