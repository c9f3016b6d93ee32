"""Whatever happens to a file of a run, it is noticed before the file is used, and nothing is lost by it."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paribus.errors import DamagedError, StoreError
from paribus.store import Store, find_store
from paribus.store.artifacts import fault_of_run, run_folder
from paribus.store.checksums import SEAL, check_sums, read_sealed, seal
from paribus.store.examine import examine, mend

Make = Callable[..., Any]
READERS: dict[str, Callable[[Store, str], Any]] = {
    "predictions.npz": Store.predictions,
    "history.parquet": Store.history,
    "weights.safetensors": Store.weights,
    "recipe.json": Store.provenance,
}


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)


def zero(path: Path) -> None:
    """As a power cut may leave a file."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2].ljust(len(content), b"\0"))


HARM: dict[str, Callable[[Path], Any]] = {
    "flipped": flip,
    "zeros in its second half": zero,
    "cut": lambda path: os.truncate(path, path.stat().st_size - 5),
    "emptied": lambda path: os.truncate(path, 0),
    "garbage": lambda path: path.write_bytes(os.urandom(path.stat().st_size)),
    "gone": Path.unlink,
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.fixture
def store(tmp_path: Path, record_of: Make) -> Store:
    store = Store(tmp_path / "home")
    for number in (1, 2):
        store.save_run(record_of(number))
    return store


def rows_of(store: Store) -> dict[str, dict[str, Any]]:
    """All that the rows of runs hold but answers, which are loaded apart."""
    return {key: vars(run) if run else {} for key, run in store.all_runs().items()}


@pytest.mark.parametrize("how", HARM)
@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_never_read(store: Store, record_of: Make, name: str, how: str) -> None:
    key, whole = (record_of(number).key for number in (1, 2))
    path = store.folder(key) / name
    HARM[how](path)
    reading = Store(store.home, reading=True)
    with pytest.raises(StoreError, match=f"{path}.*(damaged|missing|directory)"):
        READERS[name](reading, key)
    assert path.parent.is_dir()
    assert set(reading.runs([key, whole])) == {key, whole}
    told: list[str] = []
    reading.tell = told.append
    reading.leave_out([key, whole])
    assert set(reading.runs([key, whole])) == {whole}
    assert len(told) == 1


@pytest.mark.parametrize("name", [*READERS, "state.safetensors", "SHA256SUMS"])
@pytest.mark.parametrize("how", HARM)
def test_whoever_writes_sets_it_aside(store: Store, record_of: Make, name: str, how: str) -> None:
    record = record_of()
    HARM[how](store.folder(record.key) / name)
    told: list[str] = []
    store.tell = told.append
    store.mend([record.key], deep=True)
    assert store.runs([record.key]) == {}
    (aside,) = (store.home / "damaged").iterdir()
    assert [aside.name] == [f"{record.key}-1"]
    assert str(aside) in told[0]
    store.save_run(record)
    assert store.predictions(record.key)
    HARM[how](store.folder(record.key) / name)
    store.mend([record.key], deep=True)
    assert {path.name for path in (store.home / "damaged").iterdir()} == {f"{record.key}-1", f"{record.key}-2"}


def test_a_look_without_reading_notices_what_is_missing_or_of_another_size(store: Store, record_of: Make) -> None:
    folder = store.folder(record_of().key)
    assert fault_of_run(folder, deep=False) == fault_of_run(folder, deep=True) == ""
    for name in [*READERS, "state.safetensors", "SHA256SUMS"]:
        for how in ("gone", "cut"):
            shutil.copytree(folder, copy := folder.parent / how / folder.name)
            HARM[how](copy / name)
            assert str(copy / name) in fault_of_run(copy, deep=False) or (name, how) == ("SHA256SUMS", "cut")
            shutil.rmtree(copy)
    folder.rename(folder.with_name("0" * 64))
    assert "holds another run" in fault_of_run(folder.with_name("0" * 64), deep=False)


def test_what_a_writer_finds_damaged_goes_with_all_that_is(store: Store, record_of: Make) -> None:
    for number in (1, 2):
        HARM["flipped"](store.folder(record_of(number).key) / "predictions.npz")
    with pytest.raises(DamagedError, match="`paribus run` with its study file trains its run again"):
        store.predictions(record_of(1).key)
    assert store.all_runs() == {}


def test_sums_are_those_of_sha256sum(store: Store, record_of: Make) -> None:
    folder = store.folder(record_of().key)
    done = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stdout.count(": OK") == 5


def test_a_seal_is_of_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "a"
    content = f'{{"x":1,"sha256":"{SEAL}","y":[2,3]}}'
    path.write_text(content)
    seal(path)
    sealed = path.read_bytes()
    assert read_sealed(path) == sealed
    for at in range(len(sealed)):
        path.write_bytes(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])
        with pytest.raises(DamagedError, match="damaged"):
            read_sealed(path)
    for other in (sealed[:-1], sealed + b"\n", b"", content.encode()):
        path.write_bytes(other)
        with pytest.raises(DamagedError, match="damaged"):
            read_sealed(path)


def test_a_folder_without_checksums_is_no_whole_one(tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match="SHA256SUMS is missing"):
        check_sums(tmp_path)
    (tmp_path / "SHA256SUMS").touch()
    with pytest.raises(DamagedError, match="SHA256SUMS is empty"):
        check_sums(tmp_path)


@pytest.mark.parametrize("how", ["gone", "emptied"])
def test_a_lost_database_is_made_again_from_the_folders(
    store: Store, tmp_path: Path, record_of: Make, study_of: Make, how: str
) -> None:
    store.save_run(record_of(3, "failed"))
    store.save_run(record_of(4, "diverged"))
    store.save_study("a", study_of("a", (1, 2)))
    rows, answers = rows_of(store), store.answers([record_of(1).key])
    home = Path(shutil.copytree(store.home, tmp_path / "copy"))
    for path in home.glob("paribus.db-*"):
        path.unlink()
    HARM[how](home / "paribus.db")
    with pytest.raises(StoreError, match="`paribus doctor --fix` makes it again from the folders of its runs"):
        find_store(home)
    HARM["cut"](run_folder(home, record_of(2).key) / "weights.safetensors")
    told: list[str] = []
    found = Store(home, tell=told.append)
    del rows[record_of(2).key]
    assert rows_of(found) == rows
    np.testing.assert_equal(found.answers([record_of(1).key]), answers)
    assert found.study("a").values == study_of("a", (1, 2))
    assert len(told) == 3
    assert "3 runs whose rows were lost or damaged were taken in again" in told[1]


def test_a_row_that_is_lost_is_made_again(store: Store, record_of: Make) -> None:
    key = record_of().key
    store._forget({key})
    assert store.runs([key]) == {}
    store.mend([key, "f" * 64])
    assert store.runs([key])[key].metrics == record_of().metrics


def test_doctor_finds_and_mends(store: Store, record_of: Make, study_of: Make) -> None:
    store.save_study("a", study_of("a", (1,)))
    (store.checkpoints / "k.safetensors").write_bytes(b"half")
    store.save_probe("0" * 64, {"a": np.arange(9)})
    HARM["cut"](store.home / "probes" / f"{'0' * 64}.npz")
    store._forget({record_of(2).key})
    shutil.rmtree(store.folder(record_of(1).key))
    (store.home / "runs/ab" / ("ab" * 32)).mkdir(parents=True)
    found = examine(store.home)
    assert (found.studies, found.runs, found.unverified, found.aside) == (1, 1, 0, 0)
    assert len(found.faults) == 5
    done = mend(store.home)
    assert len(done) == 5
    assert examine(store.home).faults == mend(store.home) == []
    assert list(Store(store.home).all_runs()) == [record_of(2).key]


@pytest.mark.parametrize(
    "change", ["metrics = '{\"test_accuracy\": 1.0}'", "seed = 7", "answers = x'01000000000000'", "message = 'x'"]
)
def test_a_row_is_what_its_folder_says(store: Store, record_of: Make, change: str) -> None:
    with closing(sqlite3.connect(store.home / "paribus.db")) as connection, connection:
        connection.execute(f"UPDATE runs SET {change} WHERE key = ?", [record_of().key])
    assert examine(store.home).faults == [f"The row of the run {record_of().key} is not what its folder says."]
    assert len(mend(store.home)) == 1
    assert examine(store.home).faults == []
    row = store.runs([record_of().key])[record_of().key]
    assert (row.metrics, row.seed, row.message) == (record_of().metrics, 1, "")
    assert store.answers([record_of().key])[record_of().key].tolist() == (
        record_of().predictions["test_probabilities"].argmax(axis=1).tolist()
    )


def test_doctor_makes_no_home(tmp_path: Path) -> None:
    assert examine(tmp_path / "none").faults == mend(tmp_path / "none") == []
    assert list(tmp_path.iterdir()) == []
