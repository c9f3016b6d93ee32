"""Records of studies: what older versions wrote is read, and what a newer one wrote is refused."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from paribus.errors import DamagedError, StoreError
from paribus.store import Store
from paribus.store.records.faults import read_study
from paribus.store.records.study import VERSION, StudyRecord


def test_what_older_versions_did_not_write_has_its_default(study_of: Callable) -> None:
    values = study_of("a", (1, 2))
    for name in ("version", "code", "frozen", "tuning"):
        values.pop(name, None)
    for name in ("family", "rule", "tune", "quick_look"):
        values["spec"].pop(name, None)
    values["dataset"].pop("conflicting", None)
    values["dataset"].pop("notes", None)
    record = read_study(values)
    assert isinstance(record, StudyRecord)
    assert (record.version, record.code, record.frozen, record.search) == (0, {}, None, None)
    assert (record.asked.family, record.asked.rule, record.asked.tune) == ("factor", "difference", None)
    assert not record.asked.quick_look
    assert (record.data.conflicting, record.data.notes) == (0, ())
    assert record.values == values


def test_what_a_newer_version_wrote_is_refused_and_the_rest_still_listed(tmp_path: Path, study_of: Callable) -> None:
    store = Store(tmp_path)
    store.save_study("a", study_of("a", (1,)))
    newer = {**study_of("b", (1,)), "version": VERSION + 1}
    store.save_study("b", newer)
    with pytest.raises(
        StoreError, match=rf"the record of b .* newer paribus: .* version {VERSION + 1}.*up to {VERSION}"
    ):
        store.study("b")
    assert [(study.name, study.is_newer) for study in store.studies()] == [("a", False), ("b", True)]
    with pytest.raises(StoreError, match="newer paribus"):
        store.save_study("b", study_of("b", (2,)))
    store.take_in_studies()
    store.close()
    with closing(sqlite3.connect(tmp_path / "paribus.db")) as database:
        assert json.loads(database.execute("SELECT record FROM studies WHERE name = 'b'").fetchone()[0]) == newer


def test_the_record_is_kept_as_it_was_written(tmp_path: Path, study_of: Callable) -> None:
    store, values = Store(tmp_path), {**study_of("a", (1,)), "of a later day": [1]}
    store.save_study("a", values)
    assert store.study("a").values == values


def test_what_does_not_fit_together_is_damage(study_of: Callable) -> None:
    values = study_of("a", (1, 2))
    values["runs"][0]["variant"] = "nobody"
    with pytest.raises(DamagedError, match="variants: there is no 'nobody'"):
        read_study(values)
