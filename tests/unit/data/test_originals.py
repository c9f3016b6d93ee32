"""CIFAR-10 and Sign Language MNIST: their formats on tiny files made here, and the published sets."""

import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from paribus.data import load
from paribus.data.download import unpack
from paribus.data.locate import Archive, Original, Place, Published, locations, places_of, read_original
from paribus.data.sources.cifar10 import CIFAR10, parse_batch
from paribus.data.sources.sign_mnist import CLASS_NAMES, SIGN_MNIST, parse_csv
from paribus.errors import DataError
from paribus.spec.data import DataSpec

RECORDS = np.random.default_rng(0).integers(0, 10, (3, 3073), dtype=np.uint8)
HEADER = ",".join(["label", *(f"pixel{at}" for at in range(1, 785))])


def csv(*rows: list[int], header: str = HEADER) -> bytes:
    return "\r\n".join([header, *(",".join(map(str, row)) for row in rows), ""]).encode()


def tar(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def test_a_record_is_a_label_and_three_planes() -> None:
    x, y = parse_batch(RECORDS.tobytes(), "a.bin")
    assert y.tolist() == RECORDS[:, 0].tolist()
    assert x[2, 1, 3, 4] == RECORDS[2, 1 + 1024 + 3 * 32 + 4]
    assert x.shape == (3, 3, 32, 32)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.bin has 0 bytes"),
        (RECORDS.tobytes()[:-1], "a.bin has 9218 bytes, which are no records of 3,073"),
        (b"\x0b" + bytes(3072), r"a\.bin, record 0: the label is 11\. Allowed: 0 to 9"),
    ],
)
def test_damaged_batches(content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_batch(content, "a.bin")


def test_letters_without_j() -> None:
    x, y = parse_csv(csv([8, *range(256), *[0] * 528], [10, *[7] * 784], [24, *[255] * 784]), "a.csv")
    assert [CLASS_NAMES[code] for code in y] == ["I", "K", "Y"]
    assert (x.shape, x.dtype, y.dtype) == ((3, 28, 28), np.uint8, np.int64)
    assert x[0, 1, 2] == 30
    assert x[2].min() == 255


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (csv([9, *[0] * 784]), r"a\.csv, line 2: the label is 9\. Allowed: 0 to 24 without 9"),
        (csv([1, *[256] * 784]), r"a\.csv cannot be read: .*256"),
        (csv([1, 2]), r"a\.csv cannot be read: .*Expected 785 columns, got 2"),
        (csv([1, 2], header="label,pixel1"), r"a\.csv has 2 columns\. Asked: label, pixel1 to pixel784"),
    ],
)
def test_damaged_csv(content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_csv(content, "a.csv")


def test_an_archive_in_the_cache_is_unpacked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {name: RECORDS[at:].tobytes() for at, name in enumerate(("a.bin", "b.bin"))}
    cache = tmp_path / "toy"
    cache.mkdir()
    monkeypatch.setattr("pooch.os_cache", lambda _: tmp_path)
    path = tar(cache / "all.tar.gz", {f"inside/{name}": content for name, content in files.items()} | {"x": b"1"})
    published = {name: Published(hashlib.sha256(content).hexdigest()) for name, content in files.items()}
    known = Archive("all.tar.gz", hashlib.md5(path.read_bytes()).hexdigest(), "inside")
    toy = Original("toy", published, ("http://127.0.0.1:9/",), archive=known, parse=parse_batch)
    for _ in range(2):
        found = read_original(toy)
        assert [len(y) for _, y in found] == [3, 2]
        assert sorted(file.name for file in cache.rglob("*") if file.is_file()) == ["a.bin", "b.bin"]


def test_archives_that_lack_a_file_or_are_cut_off(tmp_path: Path) -> None:
    path = tar(tmp_path / "all.tar.gz", {"inside/a.bin": RECORDS.tobytes()})
    with pytest.raises(DataError, match=r"all\.tar\.gz holds no b\.bin"):
        unpack(path, ["a.bin", "b.bin"], tmp_path / "out")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=r"all\.tar\.gz cannot be unpacked into"):
        unpack(path, ["a.bin"], tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_what_cannot_be_downloaded_says_where_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pooch.os_cache", lambda _: tmp_path)
    with pytest.raises(DataError) as raised:
        read_original(SIGN_MNIST, places=[])
    text = str(raised.value)
    assert "https://www.kaggle.com/datasets/datamunge/sign-language-mnist: asks for an account" in text
    assert f"Download the 2 files by hand into {tmp_path}/sign_mnist, or set PARIBUS_DATA" in text
    assert locations("sign_mnist")[-1] == (SIGN_MNIST.page, "to be fetched by hand: 2 of 2 files")


def test_damaged_copies_are_named(tmp_path: Path) -> None:
    (tmp_path / "data_batch_1.bin").write_bytes(RECORDS.tobytes()[:-1])
    with pytest.raises(DataError, match=r"data_batch_1\.bin has 9218 bytes"):
        read_original(CIFAR10, places=[Place("cache", tmp_path)])
    (tmp_path / "data_batch_1.bin").write_bytes(RECORDS.tobytes())
    with pytest.raises(DataError, match=r"data_batch_1\.bin is damaged or is not .*cifar10: its content has sha256"):
        read_original(CIFAR10, places=[Place("cache", tmp_path)])


def test_places_are_the_archives_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pooch.os_cache", lambda _: tmp_path)
    monkeypatch.setenv("PARIBUS_DATA", "/a")
    found = [str(place.folder) for place in places_of(CIFAR10)]
    inside = "cifar-10-batches-bin"
    assert found == [f"/a/cifar10/{inside}", f"/a/{inside}", f"{tmp_path}/cifar10/{inside}"]


@pytest.mark.fulldata
def test_cifar10_is_as_published() -> None:
    data = load(DataSpec(source="cifar10"), Path())
    assert (data.x_train.shape, data.x_test.shape) == ((50000, 3, 32, 32), (10000, 3, 32, 32))
    assert np.bincount(data.y_train).tolist() == [5000] * 10
    assert np.bincount(data.y_test).tolist() == [1000] * 10
    mean = data.x_train.mean(axis=(0, 2, 3)) / 255
    np.testing.assert_allclose(mean, [0.4914, 0.4822, 0.4465], atol=5e-5)  # as in many published trainings
    assert data.class_names[data.y_train[0]] == "frog"
    assert data.fingerprint == "9b45ec40c850666a9f10f4829c2edaadbf37c7660d73acc007ce11202efdb153"


@pytest.mark.fulldata
def test_sign_mnist_is_as_published() -> None:
    data = load(DataSpec(source="sign_mnist"), Path())
    assert (data.x_train.shape, data.x_test.shape) == ((27455, 28, 28), (7172, 28, 28))
    counts = np.bincount(data.y_train), np.bincount(data.y_test)
    assert [(len(count), count.min(), count.max()) for count in counts] == [(24, 957, 1294), (24, 144, 498)]
    assert data.class_names[int(counts[0].argmax())] == "R"
    assert "1,704 photos" in data.notes[0]
    assert data.fingerprint == "337bda70c78f64174af5eb66015745de890951f9d923824576bd1b85fac269d7"
