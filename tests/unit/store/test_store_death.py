"""Whenever the writer dies, the next one finds a store that is whole, and saves the run again."""

import multiprocessing
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from paribus.store import RunRecord, Store
from paribus.store.writing import temporary_path

Make = Callable[..., RunRecord]
RENAME = Path.rename
STEPS = {
    "before the recipe": "pathlib.Path.write_text",
    "before the history": "pyarrow.parquet.write_table",
    "before the predictions": "numpy.savez",
    "before the weights": "paribus.store.artifacts.save_file",
    "before the disk has them": "os.fsync",
    "before the rename": "pathlib.Path.rename",
    "after the rename": "pathlib.Path.rename",
    "before the commit": "sqlalchemy.orm.Session.commit",
}


class Death(BaseException):
    """Nothing in the package catches it."""


def die(*_: object, **__: object) -> None:
    raise Death


def rename_and_die(path: Path, target: Path) -> None:
    RENAME(path, target)
    raise Death


def whole(store: Store, key: str) -> None:
    """All that the rows promise is there."""
    for row in store.runs([key]).values():
        assert store.provenance(key)["seed"] == row.seed
        if row.status == "finished":
            assert len(store.history(key)["epoch"]) == row.epochs
            assert set(store.predictions(key)) == {"test_probabilities", "test_labels", "test_items"}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("before", ["nothing", "failed"])
def test_death_at_each_step(
    tmp_path: Path, record_of: Make, monkeypatch: pytest.MonkeyPatch, step: str, before: str
) -> None:
    record, first = record_of(), Store(tmp_path)
    if before == "failed":
        first.save_run(record_of(status="failed"))
    monkeypatch.setattr(STEPS[step], rename_and_die if step == "after the rename" else die)
    with pytest.raises(Death):
        first.save_run(record)
    monkeypatch.undo()
    store = Store(tmp_path)
    assert {row.status for row in store.runs([record.key]).values()} <= {before}
    whole(store, record.key)
    store.save_run(record)
    assert store.runs([record.key])[record.key].status == "finished"
    whole(store, record.key)
    assert not list(tmp_path.glob("runs/.writing-*"))


@pytest.fixture(scope="module")
def gone() -> int:
    """The number of a process that is no longer alive."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize("place", ["runs", "checkpoints", "data", "data/fingerprint"])
def test_only_what_the_dead_left_is_swept(tmp_path: Path, place: str, gone: int) -> None:
    host = socket.gethostname()
    dead, alive, foreign = (tmp_path / place / f".writing-{number}-{host}@ab" for number in (gone, os.getpid(), 1))
    assert temporary_path(tmp_path / place, "ab") == alive
    for folder in (dead, alive, foreign):
        folder.mkdir(parents=True)
        (folder / "recipe.json").write_text("{")
    Store(tmp_path)
    assert [folder.exists() for folder in (dead, alive, foreign)] == [False, True, True]


@pytest.mark.parametrize("host", ["elsewhere", "here-2", "2-here"])
def test_what_another_host_writes_is_let_alone(
    tmp_path: Path, host: str, gone: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its processes are not those of this one, though their numbers may be."""
    file = tmp_path / "runs" / f".writing-{gone}-{host}@here@ab"
    file.parent.mkdir()
    file.touch()
    monkeypatch.setattr("socket.gethostname", lambda: "here")
    Store(tmp_path)
    assert file.exists()
    monkeypatch.setattr("socket.gethostname", lambda: host)
    Store(tmp_path)
    assert not file.exists()


def save_many(home: Path, records: list[RunRecord], start: Barrier) -> None:
    start.wait(30)
    store = Store(home)
    for record in records:
        store.save_run(record)


def test_two_processes_write_at_once(tmp_path: Path, record_of: Make) -> None:
    """Both open a home that is not there yet, save the same 10 runs in the same order, and 10 of their own."""
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    shared = [record_of(number) for number in range(10)]
    writers = [
        context.Process(
            target=save_many,
            args=[tmp_path, [run for pair in zip(shared, map(record_of, own), strict=True) for run in pair], start],
        )
        for own in (range(100, 110), range(200, 210))
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    store = Store(tmp_path)
    keys = [f"{number:064x}" for number in (*range(10), *range(100, 110), *range(200, 210))]
    assert set(store.runs(keys)) == set(keys)
    for key in keys:
        whole(store, key)
