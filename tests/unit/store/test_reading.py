"""Opened to read, a store changes nothing, whoever else uses it and wherever it lies."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from paribus.errors import StoreError
from paribus.store import Store, find_store
from paribus.store.migrate import _tune_sqlite

Make = Callable[..., Any]


def contents(home: Path) -> dict[Path, tuple[int, bytes]]:
    return {p: (p.stat().st_mtime_ns, p.read_bytes() if p.is_file() else b"") for p in (home, *home.rglob("*"))}


def read(store: Store, record_of: Make) -> None:
    key = record_of().key
    assert [row.key for row in store.recent_runs()] == [key]
    assert [study.name for study in store.studies()] == ["a"]
    assert store.predictions(key)
    assert store.probe(key) == {}
    store.check()


@pytest.mark.parametrize("writable", [True, False])
def test_reading_changes_nothing(
    tmp_path: Path, record_of: Make, study_of: Make, monkeypatch: pytest.MonkeyPatch, writable: bool
) -> None:
    store = Store(tmp_path)
    store.save_run(record_of())
    store.save_study("a", study_of())
    store.close()
    assert not list(tmp_path.glob("paribus.db-*"))
    if not writable:
        monkeypatch.setattr(os, "access", lambda *_: False)
    before = contents(tmp_path)
    read(Store(tmp_path, reading=True), record_of)
    after = contents(tmp_path)
    if writable:  # SQLite makes two files while it reads, and removes them
        del before[tmp_path], after[tmp_path]
    assert after == before


def test_what_is_being_written_is_read_where_nothing_can_be_written(
    tmp_path: Path, record_of: Make, study_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    store.save_run(record_of())
    store.save_study("a", study_of())
    assert (tmp_path / "paribus.db-wal").stat().st_size
    monkeypatch.setattr(os, "access", lambda *_: False)
    read(Store(tmp_path, reading=True), record_of)


def test_a_store_that_reads_writes_no_row(tmp_path: Path, study_of: Make) -> None:
    Store(tmp_path)
    with pytest.raises(StoreError, match="readonly database"):
        Store(tmp_path, reading=True).save_study("a", study_of())


def test_reading_finds_no_store_where_none_is(tmp_path: Path) -> None:
    assert find_store(tmp_path / "none") is None
    (tmp_path / "runs").mkdir()
    assert find_store(tmp_path) is None
    (tmp_path / "runs/ab/abc").mkdir(parents=True)
    with pytest.raises(StoreError, match="its database is gone"):
        find_store(tmp_path)


def test_a_lock_is_waited_for_before_anything_is_asked(tmp_path: Path) -> None:
    """Going over to WAL needs a lock too, and gave up after five seconds."""
    said: list[str] = []
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection:
        connection.set_trace_callback(said.append)
        _tune_sqlite(connection, None)
        assert connection.execute("PRAGMA busy_timeout").fetchone() == (30_000,)
    assert said[0] == "PRAGMA busy_timeout=30000"
