"""The home directory: a database of runs and studies, and the artifacts of every run."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from filelock import FileLock
from sqlalchemy import delete, insert, inspect, null, select
from sqlalchemy.exc import SQLAlchemyError

from paribus.errors import DamagedError, StoreError, suggest
from paribus.store.answers import answers_of, packed, unpacked
from paribus.store.artifacts import (
    Kept,
    fault_of_run,
    read_arrays,
    read_history,
    read_kept,
    read_probe,
    read_record,
    read_study_file,
    read_weights,
    run_folder,
    write_kept,
    write_probe,
    write_run,
    write_study,
)
from paribus.store.keys import is_key
from paribus.store.migrate import MENDS, engine_to_read, engine_to_write, migrate
from paribus.store.records.faults import STATUSES, read_study, refuse_newer
from paribus.store.records.run import RunRecord, StoredRun
from paribus.store.records.study import SeriesRecord, StudyRecord
from paribus.store.rows import COLUMNS, STORED, canonical_row, row_of_folder, run_of_row
from paribus.store.tables import RUNS, STUDIES
from paribus.store.writing import set_aside, sweep

T = TypeVar("T")


@dataclass(frozen=True)
class StoredStudy:
    """A study as the store has it.

    Args:
        name: the study's.
        record: as of `Store.study`; None if it is damaged, or a newer paribus wrote it.
        updated: when it was last begun.
        fault: what is wrong with the record; empty if nothing is.
        is_newer: whether a newer paribus wrote it.
    """

    name: str
    record: StudyRecord | SeriesRecord | None
    updated: datetime
    fault: str = ""
    is_newer: bool = False


def to_stderr(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{text}\n")


class Store:
    """Every run, once.

    Whoever opens a store to write sets aside what is found damaged, and takes in again what lost its row; whoever opens
    it to read changes nothing, and leaves out what is damaged.

    Args:
        home: the directory; made when something is first written.
        url: a SQLAlchemy URL; by default SQLite in `home`.
        reading: open it to read, also where nothing can be written.
        tell: called with a sentence when something was set aside or taken in.

    Raises:
        StoreError: the directory or the database cannot be used.
    """

    def __init__(
        self,
        home: Path,
        url: str | None = None,
        *,
        reading: bool = False,
        tell: Callable[[str], None] = to_stderr,
    ) -> None:
        self.home = home.absolute()
        self.checkpoints = self.home / "checkpoints"
        self.tell, self._reading = tell, reading
        self._left_out = set[str]()
        with self._explained():
            if reading:
                self._engine = engine_to_read(self.home / "paribus.db")
                return
            for folder in (self.home / "runs", self.checkpoints):
                folder.mkdir(parents=True, exist_ok=True)
            self._engine = engine_to_write(url or f"sqlite:///{self.home / 'paribus.db'}")
            weakref.finalize(self, self._engine.dispose)  # from Python 3.13 on a connection left open is a warning
            # To go over to WAL, SQLite must be alone with the file, and it does not wait for that.
            with FileLock(self.home / ".opening.lock"):
                if migrate(self._engine):
                    self.take_in(self.run_folders())
                    self.take_in_studies()
            sweep(self.home)

    def close(self) -> None:
        """Let the database go, which the next use opens again."""
        self._engine.dispose()

    @contextmanager
    def _explained(self) -> Generator[None]:
        """Wrap every use of the home's files and database, so that errors of the system become one sentence."""
        try:
            yield
        except (OSError, SQLAlchemyError, ValueError, TypeError) as error:
            cause = getattr(error, "orig", None) or error
            text = f"Cannot use the home {self.home}: {cause}."
            code = getattr(cause, "sqlite_errorname", "" if isinstance(error, OSError) else "SQLITE_ERROR")
            if code.split("_")[1:2] in (["ERROR"], ["CORRUPT"], ["NOTADB"]):
                raise DamagedError(f"{text} {MENDS}") from error
            raise StoreError(f"{text} Choose another with --home.") from error

    def save_run(self, record: RunRecord) -> None:
        """Write a run's artifacts, then its row. A row that is there already stays, unless that run had failed.

        Raises:
            StoreError: the disk is full, or the directory or the database cannot be written.
        """
        of_run = RUNS.c.key == record.key
        with self._explained(), self._engine.connect() as connection:
            # A failed run's row goes before its folder does. A DELETE of nothing still takes SQLite's write lock, so no
            # other process writes until the commit.
            failed = delete(RUNS).where(of_run, RUNS.c.status == "failed").returning(RUNS.c.key)
            while connection.execute(failed).all():
                connection.commit()
            stored = connection.execute(select(*STORED).where(of_run)).first()
            if stored and run_of_row(stored):
                return
            connection.execute(delete(RUNS).where(of_run))
            created = write_run(self.home, record)
            values = {name: getattr(record, name) for name in COLUMNS}
            connection.execute(insert(RUNS).values(**values, created=created, answers=packed(record.predictions)))
            connection.commit()

    def runs(self, keys: Iterable[str]) -> dict[str, StoredRun]:
        """The stored runs among `keys`, by key; without those whose rows are damaged, or that were left out."""
        stored = (run_of_row(row) for row in self._rows(keys, *STORED))
        return {run.key: run for run in stored if run}

    def statuses(self, keys: Iterable[str]) -> dict[str, str]:
        """How the stored runs among `keys` ended, by key; faster than `runs` for many of them."""
        return {row.key: row.status for row in self._rows(keys, RUNS.c.key, RUNS.c.status) if row.status in STATUSES}

    def answers(self, keys: Iterable[str]) -> dict[str, np.ndarray]:
        """The class that each of these finished runs gives each test item, shape (row,).

        Raises:
            DamagedError: of a run that older versions stored, the predictions are missing or damaged.
        """
        rows = list(self._rows(keys, RUNS.c.key, self._answers))
        with self._explained():
            return {row.key: unpacked(row.answers) if row.answers else self._answers_of(row.key) for row in rows}

    def _answers_of(self, key: str) -> np.ndarray:
        return answers_of(self.predictions(key))

    @property
    def _answers(self) -> Any:
        """The column of answers; of none in an older home that is only read."""
        with self._explained():
            columns = inspect(self._engine).get_columns(RUNS.name)
        return RUNS.c.answers if any(column["name"] == "answers" for column in columns) else null().label("answers")

    def _rows(self, keys: Iterable[str], *columns: Any) -> Iterator[Any]:
        """Columns of the stored runs among `keys`, some hundred runs per query; without those that were left out."""
        wanted = [key for key in keys if key not in self._left_out]
        with self._explained(), self._engine.connect() as connection:
            for start in range(0, len(wanted), 500):
                yield from connection.execute(select(*columns).where(RUNS.c.key.in_(wanted[start : start + 500])))

    def check(self) -> None:
        """See whether the whole database can be read.

        Raises:
            DamagedError: it cannot.
        """
        with self._explained(), self._engine.connect() as connection:
            if self._engine.dialect.name == "sqlite":
                answer = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
                if answer != "ok":
                    raise DamagedError(f"The database of {self.home} is damaged: {answer}. {MENDS}")
        self.all_runs()
        self.studies()

    def all_runs(self) -> dict[str, StoredRun | None]:
        """All runs by key; None where the row is damaged."""
        with self._explained(), self._engine.connect() as connection:
            return {row.key: run_of_row(row) for row in connection.execute(select(*STORED))}

    def recent_runs(self) -> list[StoredRun]:
        """The 50 runs that finished last, newest first."""
        query = select(*STORED).where(RUNS.c.status == "finished").order_by(RUNS.c.created.desc()).limit(50)
        with self._explained(), self._engine.connect() as connection:
            runs = [run_of_row(row) for row in connection.execute(query)]
            return [run for run in runs if run]

    def save_study(self, name: str, values: dict[str, Any]) -> None:
        """Write or replace the record of a study.

        Args:
            name: the study's.
            values: JSON values that `read_study` reads.

        Raises:
            StoreError: the database cannot be written, or a newer paribus wrote the record that is there.
        """
        updated = datetime.now(UTC)
        with self._explained():
            self._replace_study(name, values, updated)
            write_study(self.home, name, values, updated)

    def _replace_study(self, name: str, values: dict[str, Any], updated: datetime) -> None:
        with self._engine.begin() as connection:
            refuse_newer(connection.execute(select(STUDIES.c.record).where(STUDIES.c.name == name)).scalar())
            connection.execute(delete(STUDIES).where(STUDIES.c.name == name))
            connection.execute(insert(STUDIES).values(name=name, record=values, updated=updated))

    def studies(self) -> list[StoredStudy]:
        """All studies, by name."""
        with self._explained(), self._engine.connect() as connection:
            return [_checked(row) for row in connection.execute(select(STUDIES).order_by(STUDIES.c.name))]

    def study(self, name: str) -> StudyRecord | SeriesRecord:
        """The record of a study, over one data set or over several.

        Raises:
            StoreError: there is none of that name, or a newer version wrote it.
            DamagedError: it is damaged.
        """
        with self._explained(), self._engine.connect() as connection:
            row = connection.execute(select(STUDIES).where(STUDIES.c.name == name)).first()
        if row is None:
            names = [known.name for known in self.studies()]
            hint = suggest(name, names) if names else "There is none yet; `paribus run STUDY` makes one."
            raise StoreError(f"No study {name!r} in {self.home}. {hint}")
        try:
            return read_study(row.record)
        except DamagedError as error:
            raise DamagedError(
                f"The record of {name} in {self.home} is damaged, at {error}. `paribus run` with its study file "
                "writes it again, and so does `paribus doctor --fix` where there is a copy."
            ) from None
        except StoreError as error:
            raise StoreError(f"Cannot read the record of {name} in {self.home}. {error}") from None

    def study_on_one(self, name: str) -> StudyRecord:
        """The record of a study over one data set.

        Raises:
            StoreError: as of `study`, or it is over several data sets.
        """
        record = self.study(name)
        if isinstance(record, SeriesRecord):
            raise StoreError(f"{name} is a study over several data sets. Name one: {', '.join(record.parts)}.")
        return record

    def keys(self, name: str) -> set[str]:
        """The keys of a study's runs, of all its parts if it has any; errors as of `study`."""
        record = self.study(name)
        parts = map(self.study_on_one, record.parts) if isinstance(record, SeriesRecord) else [record]
        return {key for part in parts for key in part.keys}

    def history(self, key: str) -> dict[str, np.ndarray]:
        """Epoch columns of a run, each of shape (epoch,)."""
        return self._artifact(key, "history.parquet", read_history)

    def provenance(self, key: str) -> dict[str, Any]:
        """The run's recipe, and the engine that carried it out, see `read_record`."""
        return self._artifact(key, "", read_record)

    def weights(self, key: str) -> dict[str, np.ndarray]:
        """A finished run's tensors by name, and the numbers of its scaling."""
        return self._artifact(key, "weights.safetensors", read_weights)

    def predictions(self, key: str) -> dict[str, np.ndarray]:
        """Probabilities, true labels and item numbers of a finished run."""
        return self._artifact(key, "predictions.npz", read_arrays)

    def _artifact(self, key: str, name: str, read: Callable[[Path], T]) -> T:
        """Read a file of a run.

        Raises:
            DamagedError: it is damaged or missing; if this store may write, all runs that are damaged were set aside.
        """
        with self._explained():
            try:
                return read(run_folder(self.home, key) / name)
            except DamagedError as error:
                if not self._reading:  # where one is damaged others may be
                    self.mend(self.all_runs(), deep=True)
                raise DamagedError(f"{error} `paribus run` with its study file trains its run again.") from error

    def save_probe(self, key: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Write or replace the probe of a run's network; one that cannot be written is computed again.

        Raises:
            StoreError: the disk is full, or the directory cannot be written.
        """
        with suppress(StoreError) if self._reading else nullcontext(), self._explained():
            write_probe(self.home, key, arrays)

    def probe(self, key: str) -> dict[str, np.ndarray]:
        """The probe of a run's network; empty if there is none yet."""
        with self._explained():
            return read_probe(self.home, key)

    def kept(self, study: str, stamp: str, place: Kept = "verdicts") -> Any | None:
        """What was kept of a study with this stamp; None if nothing was, or with another one."""
        with self._explained():
            return read_kept(self.home, place, study, stamp)

    def keep(self, study: str, stamp: str, values: Any, place: Kept = "verdicts") -> None:
        """Keep what was worked out of a study in place of what was kept before, if the home can be written.

        Args:
            study: its name.
            stamp: of all that the values rest on.
            values: JSON values; numbers need not be finite.
            place: what kind of thing it is.
        """
        with suppress(StoreError):
            write_kept(self.home, place, study, stamp, values)

    def folder(self, key: str) -> Path:
        """Where the artifacts of a stored run lie."""
        return run_folder(self.home, key)

    def run_folders(self) -> list[str]:
        """The keys of all runs that have a folder, with a row or not."""
        return sorted(path.name for path in (self.home / "runs").glob("[0-9a-f]*/*") if is_key(path.name))

    def mend(self, keys: Iterable[str], *, deep: bool = False) -> None:
        """Set aside the runs among `keys` that are damaged, and make rows again that are lost or damaged.

        Args:
            keys: of runs; one that failed is let be, as it is tried again.
            deep: verify every file, in place of asking whether it is there in its size.
        """
        wanted = list(keys)
        found = {row.key: run_of_row(row) for row in self._rows(wanted, *STORED)}
        runs = [run for run in found.values() if run]
        self.take_in(key for key in wanted if not found.get(key))
        unsound = {key for key, run in found.items() if not run}
        self._forget(unsound - self.runs(unsound).keys())
        for key, fault in self._faults(runs, deep):
            self.tell(self._set_aside(key, fault))
        if deep:
            self.take_in(list(self.differing(runs)))

    def leave_out(self, keys: Iterable[str]) -> None:
        """Verify these runs; `runs` is without those that are damaged from now on. A store that writes mends them."""
        if not self._reading:
            self.mend(keys, deep=True)
        for key, fault in self._faults(self.runs(keys).values(), deep=True):
            self._left_out.add(key)
            self.tell(f"{fault} Its run is left out; `paribus run` with its study file trains it again.")

    def _faults(self, runs: Iterable[StoredRun], deep: bool) -> Iterator[tuple[str, str]]:
        """The keys of damaged runs, and what is wrong with each."""
        for run in runs:
            if run.status != "failed":
                with self._explained():
                    fault = fault_of_run(self.folder(run.key), deep, finished=run.status == "finished")
                if fault:
                    yield run.key, fault

    def differing(self, runs: Iterable[StoredRun]) -> Iterator[str]:
        """The keys of rows that are not what the folders of their runs say, which are verified."""
        by_key = {run.key: run for run in runs}
        answers = {row.key: row.answers for row in self._rows(by_key, RUNS.c.key, self._answers)}
        for key, run in by_key.items():
            with suppress(DamagedError), self._explained():
                row = row_of_folder(self.folder(key))
                if row and (
                    canonical_row(row) != canonical_row(vars(run)) or answers[key] not in (None, row["answers"])
                ):
                    yield key

    def take_in(self, keys: Iterable[str]) -> None:
        """Make the rows of runs that lost them again from their folders; a folder that is damaged is set aside.

        Folders of earlier versions do not say enough, and stay as they are.
        """
        rows: list[dict[str, Any]] = []
        for key in keys:
            folder = run_folder(self.home, key) if is_key(key) else self.home
            if folder == self.home or not folder.is_dir():
                continue
            with self._explained():
                fault = fault_of_run(folder, deep=True)
                row = None if fault else row_of_folder(folder)
            if fault:
                self.tell(self._set_aside(key, fault))
            rows += [row] if row else []
        with self._explained(), self._engine.begin() as connection:
            for row in rows:
                connection.execute(delete(RUNS).where(RUNS.c.key == row["key"]))  # a damaged one
                connection.execute(insert(RUNS).values(**row))
        if rows:
            self.tell(f"{len(rows):,} runs whose rows were lost or damaged were taken in again from their folders.")

    def take_in_studies(self) -> None:
        """Make the rows of studies that are lost or damaged again from their copies."""
        names = {study.name for study in self.studies() if not study.fault}
        for path in sorted((self.home / "studies").glob("*.json")):
            with suppress(StoreError), self._explained():
                values = read_study_file(path)
                if values["name"] not in names and read_study(values["record"]):
                    self._replace_study(values["name"], values["record"], datetime.fromisoformat(values["updated"]))
                    self.tell(f"The study {values['name']} was taken in again from {path}.")

    def _forget(self, keys: Set[str]) -> None:
        """Remove the rows of these runs."""
        with self._explained(), self._engine.begin() as connection:
            for key in keys:
                connection.execute(delete(RUNS).where(RUNS.c.key == key))
        if keys:
            self.tell(f"{len(keys):,} damaged rows were removed; their runs are trained again.")

    def _set_aside(self, key: str, fault: str) -> str:
        """Move a damaged run's folder to where nothing reads it, and remove its row; what was done, in a sentence."""
        folder = self.folder(key)
        with self._explained(), self._engine.begin() as connection:
            connection.execute(delete(RUNS).where(RUNS.c.key == key))  # from now on no other process writes
            place = set_aside(folder, self.home) if folder.exists() else None
        return f"{fault} {f'Its run was set aside in {place}.' if place else 'Its row was removed.'}"


def home_directory(given: Path | None = None) -> Path:
    """Where studies are kept: what was given, else PARIBUS_HOME, else ./paribus-home."""
    return given or Path(os.environ.get("PARIBUS_HOME") or "paribus-home")


def find_store(home: Path) -> Store | None:
    """The store in a home, to read; None where there is none, as reading never makes one.

    Raises:
        StoreError: it cannot be read, or its database is missing while its runs are there.
    """
    if (home / "paribus.db").exists():
        return Store(home, reading=True)
    if next((home / "runs").glob("*/*"), None):
        raise StoreError(f"{home} has runs, but its database is gone. {MENDS}")
    return None


def _checked(row: Any) -> StoredStudy:
    try:
        return StoredStudy(row.name, read_study(row.record), row.updated)
    except StoreError as error:
        return StoredStudy(row.name, None, row.updated, str(error), is_newer=not isinstance(error, DamagedError))
