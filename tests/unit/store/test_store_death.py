"""Whenever the writer dies, the next one finds a store that is whole, and saves the run again."""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from paribus.store import RunRecord, Store, writing

Make = Callable[..., RunRecord]
RENAME = Path.replace
STEPS = {
    "before the recipe": "pathlib.Path.write_text",
    "before the history": "pyarrow.parquet.write_table",
    "before the predictions": "numpy.savez",
    "before the weights": "paribus.store.artifacts.save_file",
    "before the checksums": "paribus.store.writing.write_sums",
    "before the disk has them": "os.fsync",
    "before the rename": "pathlib.Path.replace",
    "after the rename": "pathlib.Path.replace",
    "before the commit": "sqlalchemy.Connection.commit",
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


WRITER = """
import sys, time
from pathlib import Path
from paribus.store.writing import scratch
with scratch(Path(sys.argv[1])) as folder:
    (folder / "half").write_text("{")
    print(folder, flush=True)
    time.sleep(60)
"""
PLACES = ["runs", "studies", "probes", "checkpoints", "reports", "data", "data/fingerprint"]


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Callable[[str], tuple[subprocess.Popen[str], Path]]]:
    """A process that is writing in a folder of the home."""
    started: list[subprocess.Popen[str]] = []

    def start(place: str) -> tuple[subprocess.Popen[str], Path]:
        words = [sys.executable, "-c", WRITER, str(tmp_path / place)]
        started.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
        assert started[-1].stdout
        return started[-1], Path(started[-1].stdout.readline().strip())

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_what_a_writer_left_is_swept_once_it_is_dead(tmp_path: Path, writer) -> None:
    """Its number does not matter, which a process of another container may have."""
    (left := tmp_path / "runs" / ".writing-4194999-elsewhere@ab").mkdir(parents=True)  # of an earlier version
    (fresh := tmp_path / "runs" / ".writing-new").mkdir()
    (fresh / "a").touch()
    (empty := tmp_path / "runs" / ".writing-empty").mkdir()  # about to be locked
    os.utime(left, (0, 0))
    process, folder = writer("runs")
    Store(tmp_path)
    assert [path.exists() for path in (left, fresh, empty, folder / "half")] == [False, True, False, True]
    process.kill()
    process.wait()
    Store(tmp_path)
    assert [path.exists() for path in (fresh, folder)] == [True, False]


@pytest.mark.parametrize("place", PLACES)
def test_every_place_is_swept(tmp_path: Path, place: str) -> None:
    (left := tmp_path / place / ".writing-ab").mkdir(parents=True)
    os.utime(left, (0, 0))
    Store(tmp_path)
    assert not left.exists()


def test_a_folder_that_is_swept_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, made = writing.tempfile.mkdtemp, []

    def swept(*words: str, **more: str) -> str:
        made.append(make(*words, **more))
        if len(made) == 1:
            Path(made[0]).rmdir()
        return made[-1]

    monkeypatch.setattr(writing.tempfile, "mkdtemp", swept)
    with writing.scratch(tmp_path) as folder:
        assert str(folder) == made[1]


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
