"""The class that a run gives each test item lies beside its row."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

import numpy as np
import pytest

from paribus.errors import StoreError
from paribus.store import RunRecord, Store
from paribus.store.answers import packed, unpacked

Make = Callable[..., RunRecord]


@pytest.mark.parametrize(("classes", "size"), [(2, 1), (256, 1), (257, 2), (70_000, 4)])
def test_bytes_give_the_classes_back(classes: int, size: int) -> None:
    expected = np.array([0, classes - 1, classes // 2])
    p_BC = np.zeros((3, classes), np.float32)
    p_BC[np.arange(3), expected] = 1
    stored = packed({"test_probabilities": p_BC})
    assert stored is not None
    assert len(stored) == 1 + 3 * size
    np.testing.assert_array_equal(unpacked(stored), expected)


def test_they_need_no_file_of_a_run(tmp_path: Path, record_of: Make) -> None:
    store, records = Store(tmp_path), [record_of(number) for number in range(1, 4)]
    for record in [*records, record_of(4, status="failed")]:
        store.save_run(record)
    rmtree(tmp_path / "runs")
    found = store.answers(record.key for record in records)
    for record in records:
        np.testing.assert_array_equal(found[record.key], record.predictions["test_probabilities"].argmax(axis=1))
    assert set(store.statuses(f"{number:064x}" for number in range(9)).values()) == {"finished", "failed"}


def as_in_0001(home: Path) -> None:
    """Take from a home what the first version of the database did not have."""
    connection = sqlite3.connect(home / "paribus.db")
    connection.execute("ALTER TABLE runs DROP COLUMN answers")
    connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.commit()
    connection.close()


def test_of_older_runs_they_are_in_the_files(tmp_path: Path, record_of: Make) -> None:
    old, new = record_of(1), record_of(2)
    Store(tmp_path).save_run(old)
    as_in_0001(tmp_path)
    store = Store(tmp_path)
    store.save_run(new)
    found = store.answers([old.key, new.key])
    for record in (old, new):
        np.testing.assert_array_equal(found[record.key], record.predictions["test_probabilities"].argmax(axis=1))
    assert store.runs([old.key])[old.key].metrics == old.metrics
    (store.folder(old.key) / "predictions.npz").unlink()
    with pytest.raises(StoreError, match=r"predictions\.npz is missing"):
        store.answers([old.key])


def test_an_older_home_is_read_as_it_is(tmp_path: Path, record_of: Make) -> None:
    store, record = Store(tmp_path), record_of()
    store.save_run(record)
    as_in_0001(tmp_path)
    assert store.statuses([record.key]) == {record.key: "finished"}
    assert store.runs([record.key])[record.key].recipe == record.recipe
    np.testing.assert_array_equal(
        store.answers([record.key])[record.key], record.predictions["test_probabilities"].argmax(axis=1)
    )


def test_a_failed_run_that_is_trained_has_them(tmp_path: Path, record_of: Make) -> None:
    store, record = Store(tmp_path), record_of(1)
    store.save_run(replace(record_of(1, status="failed"), key=record.key))
    store.save_run(record)
    assert len(store.answers([record.key])[record.key]) == 6
