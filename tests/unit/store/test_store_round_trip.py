"""What goes into the store comes out of it, and nothing in it is pickled."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import load_file

from paribus.errors import StoreError
from paribus.store import RunRecord, Store, home_directory

Make = Callable[..., RunRecord]


def test_a_run_comes_back_whole(tmp_path: Path, record_of: Make) -> None:
    record = record_of()
    Store(tmp_path).save_run(record)
    store = Store(tmp_path)
    row = store.runs([record.key])[record.key]
    for name in ("key", "seed", "recipe", "epochs", "best_epoch", "time_s", "predicted_s", "metrics", "message"):
        assert getattr(row, name) == getattr(record, name), name
    assert row.status == "finished"
    history = store.history(record.key)
    assert list(history) == ["epoch", "train_loss", "val_loss"]
    np.testing.assert_array_equal(history["epoch"], [1, 2, 3, 4])
    np.testing.assert_array_equal(history["val_loss"], record.history["val_loss"])
    predictions = store.predictions(record.key)
    assert set(predictions) == set(record.predictions)
    for name, array in record.predictions.items():
        np.testing.assert_array_equal(predictions[name], array)
        assert predictions[name].dtype == array.dtype
    assert {"seed": 1, "recipe": record.recipe, "engine": record.engine}.items() <= store.provenance(record.key).items()


def test_nothing_is_pickled(tmp_path: Path, record_of: Make) -> None:
    store, record = Store(tmp_path), record_of()
    store.save_run(record)
    folder = tmp_path / "runs" / record.key[:2] / record.key
    names = {"recipe.json", "history.parquet", "predictions.npz", "weights.safetensors", "state.safetensors"}
    names.add("SHA256SUMS")
    assert {file.name for file in folder.iterdir()} == names
    with np.load(folder / "predictions.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "if" for name in record.predictions)
    np.testing.assert_array_equal(
        load_file(folder / "weights.safetensors")["head.weight"], record.weights["head.weight"]
    )
    json.loads((folder / "recipe.json").read_text())
    assert not [file for file in tmp_path.rglob("*") if file.suffix in (".pkl", ".pickle", ".pt", ".pth", ".joblib")]


def test_empty_parts_are_left_out(tmp_path: Path, record_of: Make) -> None:
    store, record = Store(tmp_path), record_of(status="failed")
    store.save_run(record)
    folder = tmp_path / "runs" / record.key[:2] / record.key
    assert sorted(file.name for file in folder.iterdir()) == ["SHA256SUMS", "recipe.json"]
    assert store.runs([record.key])[record.key].message == record.message


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ("failed", "finished", "finished"),
        ("failed", "diverged", "diverged"),
        ("failed", "failed", "failed"),
        ("finished", "failed", "finished"),
        ("finished", "diverged", "finished"),
        ("diverged", "finished", "diverged"),
    ],
)
def test_only_a_failed_run_is_replaced(tmp_path: Path, record_of: Make, first: str, second: str, kept: str) -> None:
    store = Store(tmp_path)
    store.save_run(record_of(status=first))
    store.save_run(replace(record_of(status=second), time_s=9.0))
    row = store.runs([record_of().key]).popitem()[1]
    assert row.status == kept
    assert (row.time_s == 9.0) == (first == "failed")
    assert (row.message == "") == (kept != "failed")
    history = tmp_path / "runs" / "00" / record_of().key / "history.parquet"
    assert history.exists() == (kept != "failed")


def test_many_keys_are_asked_for_at_once(tmp_path: Path, record_of: Make) -> None:
    store, records = Store(tmp_path), [record_of(number) for number in (1, 2, 3)]
    for record in records:
        store.save_run(record)
    strangers = [f"{number:064x}" for number in range(10, 40_000)]
    assert set(store.runs([records[0].key, *strangers, records[2].key])) == {records[0].key, records[2].key}


def test_recent_runs_are_finished_ones_newest_first(tmp_path: Path, record_of: Make) -> None:
    store = Store(tmp_path)
    for number, status in ((1, "finished"), (2, "failed"), (3, "diverged"), (4, "finished")):
        store.save_run(record_of(number, status))
    assert [row.seed for row in store.recent_runs()] == [4, 1]


def test_a_study_is_replaced_by_its_later_plan(tmp_path: Path, study_of: Make) -> None:
    store = Store(tmp_path)
    for name, number in (("b", 1), ("a", 2), ("b", 3)):
        store.save_study(name, study_of(name, (number,)))
    assert [row.name for row in store.studies()] == ["a", "b"]
    assert Store(tmp_path).study("b").values == study_of("b", (3,))


def test_what_is_missing_is_named(tmp_path: Path, record_of: Make) -> None:
    store, record = Store(tmp_path), record_of()
    with pytest.raises(StoreError, match="No study 'depth' in .*There is none yet; `paribus run STUDY` makes one"):
        store.study("depth")
    store.save_study("width", {})
    with pytest.raises(StoreError, match="No study 'widht' in .*Did you mean 'width'"):
        store.study("widht")
    store.save_run(record)
    path = tmp_path / "runs" / "00" / record.key / "predictions.npz"
    path.unlink()
    with pytest.raises(StoreError, match="predictions.npz is missing"):
        store.predictions(record.key)


def test_where_the_home_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARIBUS_HOME", raising=False)
    assert home_directory() == Path("paribus-home")
    monkeypatch.setenv("PARIBUS_HOME", "/somewhere")
    assert home_directory() == Path("/somewhere")
    assert home_directory(Path("else")) == Path("else")


def test_a_home_that_cannot_be_used(tmp_path: Path, record_of: Make) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match=r"Cannot use the home .*/file: .*Not a directory.*--home"):
        Store(tmp_path / "file")
    (tmp_path / "rubbish").mkdir()
    (tmp_path / "rubbish" / "paribus.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="Cannot use the home .*/rubbish: file is not a database"):
        Store(tmp_path / "rubbish")
    (tmp_path / "folder" / "paribus.db").mkdir(parents=True)
    with pytest.raises(StoreError, match="Cannot use the home .*/folder: unable to open database file"):
        Store(tmp_path / "folder")


def test_a_database_that_cannot_be_written(tmp_path: Path, record_of: Make) -> None:
    Store(tmp_path)
    store = Store(tmp_path, f"sqlite:///file:{tmp_path / 'paribus.db'}?mode=ro&uri=true")
    with pytest.raises(StoreError, match="readonly database"):
        store.save_run(record_of())
    with pytest.raises(StoreError, match="readonly database"):
        store.save_study("a", {})
    assert store.runs([record_of().key]) == {}


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), SafetensorError("No space left on device")])
def test_a_full_disk_is_told(
    tmp_path: Path, record_of: Make, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_: object, **__: object) -> None:
        raise error

    store = Store(tmp_path)
    monkeypatch.setattr("paribus.store.artifacts.save_file", full)
    with pytest.raises(StoreError, match="No space left on device"):
        store.save_run(record_of())
    assert not list(tmp_path.glob("runs/.writing-*"))
    monkeypatch.undo()
    store.save_run(record_of())
    assert store.predictions(record_of().key)


def test_probes_come_back_are_replaced_and_half_written_ones_are_swept_away(tmp_path: Path) -> None:
    store, key = Store(tmp_path), "c" * 64
    assert store.probe(key) == {}
    store.save_probe(key, {"a": np.arange(3)})
    store.save_probe(key, {"a": np.arange(4), "names": np.array(["x", "yz"])})
    found = Store(tmp_path).probe(key)
    assert found["a"].tolist() == [0, 1, 2, 3]
    assert found["names"].tolist() == ["x", "yz"]
    (half := tmp_path / "probes" / ".writing-ab").mkdir()
    os.utime(half, (0, 0))
    Store(tmp_path)
    assert [file.name for file in (tmp_path / "probes").iterdir()] == [f"{key}.npz"]
