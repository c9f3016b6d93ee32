"""The home directory: a database of runs and studies, and the artifacts of every run."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from sqlalchemy import create_engine, delete, event, inspect, null, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from paribus.errors import StoreError, suggest
from paribus.store.answers import answers_of, packed, unpacked
from paribus.store.artifacts import (
    read_arrays,
    read_history,
    read_probe,
    read_weights,
    run_folder,
    write_probe,
    write_run,
)
from paribus.store.kept import read_kept, write_kept
from paribus.store.migrate import migrate
from paribus.store.records import RunRecord
from paribus.store.tables import RunRow, StudyRow
from paribus.store.writing import sweep


class Store:
    """Every run, once.

    Args:
        home: the directory; made when something is first written.
        url: a SQLAlchemy URL; by default SQLite in `home`.

    Raises:
        StoreError: the directory or the database cannot be used.
    """

    def __init__(self, home: Path, url: str | None = None) -> None:
        self.home = home.absolute()
        with self._explained():
            self.checkpoints = self.home / "checkpoints"
            for folder in (self.home / "runs", self.checkpoints):
                folder.mkdir(parents=True, exist_ok=True)
            self._engine = create_engine(url or f"sqlite:///{self.home / 'paribus.db'}")
            if self._engine.dialect.name == "sqlite":
                event.listen(self._engine, "connect", _tune_sqlite)
            # To go over to WAL, SQLite must be alone with the file, and it does not wait for that.
            with FileLock(self.home / ".opening.lock"):
                migrate(self._engine)
            sweep(self.home)

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except (OSError, SQLAlchemyError) as error:
            reason = str(getattr(error, "orig", None) or error)
            raise StoreError(f"Cannot use the home {self.home}: {reason}. Choose another with --home.") from error

    def save_run(self, record: RunRecord) -> None:
        """Write a run's artifacts, then its row. A row that is there already stays, unless that run had failed.

        Raises:
            StoreError: the disk is full, or the directory or the database cannot be written.
        """
        with self._explained(), Session(self._engine) as session:
            # A failed run's row goes before its folder does. A DELETE of nothing still takes SQLite's write lock, so no
            # other process writes until the commit.
            failed = delete(RunRow).where(RunRow.key == record.key, RunRow.status == "failed")
            while session.scalars(failed.returning(RunRow.key)).all():
                session.commit()
            if session.get(RunRow, record.key):
                return
            write_run(self.home, record)
            names = ("key", "seed", "recipe", "epochs", "best_epoch", "time_s", "predicted_s", "metrics", "message")
            values = {name: getattr(record, name) for name in names}
            session.add(RunRow(status=record.status.value, answers=packed(record.predictions), **values))
            session.commit()

    def runs(self, keys: Iterable[str]) -> dict[str, RunRow]:
        """The stored runs among `keys`, by key."""
        return {row.RunRow.key: row.RunRow for row in self._rows(keys, RunRow)}

    def statuses(self, keys: Iterable[str]) -> dict[str, str]:
        """How the stored runs among `keys` ended, by key: all that most need to know of many runs."""
        return {row.key: row.status for row in self._rows(keys, RunRow.key, RunRow.status)}

    def answers(self, keys: Iterable[str]) -> dict[str, np.ndarray]:
        """The class that each of these finished runs gives each test item, shape (row,).

        Raises:
            StoreError: of a run that older versions stored, the predictions are missing.
        """
        columns = inspect(self._engine).get_columns(RunRow.__tablename__)
        kept = any(column["name"] == "answers" for column in columns)  # a home that is only read may be older
        return {
            row.key: unpacked(row.answers) if row.answers else answers_of(self.predictions(row.key))
            for row in self._rows(keys, RunRow.key, RunRow.answers if kept else null().label("answers"))
        }

    def _rows(self, keys: Iterable[str], *columns: Any) -> Iterator[Any]:
        """Columns of the stored runs among `keys`, some hundred runs a query."""
        wanted = list(keys)
        with Session(self._engine, expire_on_commit=False) as session:
            for start in range(0, len(wanted), 500):
                yield from session.execute(select(*columns).where(RunRow.key.in_(wanted[start : start + 500])))

    def recent_runs(self, limit: int = 50) -> list[RunRow]:
        """The runs that finished last, newest first."""
        query = select(RunRow).where(RunRow.status == "finished").order_by(RunRow.created.desc()).limit(limit)
        with Session(self._engine, expire_on_commit=False) as session:
            return list(session.scalars(query))

    def save_study(self, name: str, record: dict[str, Any]) -> None:
        """Write or replace the record of a study: JSON values only.

        Raises:
            StoreError: the database cannot be written.
        """
        with self._explained(), Session(self._engine) as session:
            session.merge(StudyRow(name=name, record=record))
            session.commit()

    def studies(self) -> list[StudyRow]:
        """All studies, by name."""
        with Session(self._engine, expire_on_commit=False) as session:
            return list(session.scalars(select(StudyRow).order_by(StudyRow.name)))

    def study(self, name: str) -> dict[str, Any]:
        """The record of a study.

        Raises:
            StoreError: there is none of that name.
        """
        with Session(self._engine) as session:
            row = session.get(StudyRow, name)
        if row is None:
            names = [known.name for known in self.studies()]
            hint = suggest(name, names) if names else "There is none yet; `paribus run STUDY` makes one."
            raise StoreError(f"No study {name!r} in {self.home}. {hint}")
        return row.record

    def history(self, key: str) -> dict[str, np.ndarray]:
        """Epoch columns of a run, each of shape (epoch,)."""
        return read_history(self._artifact(key, "history.parquet"))

    def provenance(self, key: str) -> dict[str, Any]:
        """The run's recipe, and the engine that carried it out."""
        return json.loads(self._artifact(key, "recipe.json").read_text(encoding="utf-8"))

    def weights(self, key: str) -> dict[str, np.ndarray]:
        """A finished run's tensors by name, and the numbers of its scaling."""
        return read_weights(self._artifact(key, "weights.safetensors"))

    def predictions(self, key: str) -> dict[str, np.ndarray]:
        """Probabilities, true labels and item numbers of a finished run."""
        return read_arrays(self._artifact(key, "predictions.npz"))

    def save_probe(self, key: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Write or replace what was found in a run's network.

        Raises:
            StoreError: the disk is full, or the directory cannot be written.
        """
        with self._explained():
            write_probe(self.home, key, arrays)

    def probe(self, key: str) -> dict[str, np.ndarray]:
        """What was found in a run's network; empty if nobody has looked yet."""
        return read_probe(self.home, key)

    def kept(self, study: str, stamp: str) -> Any | None:
        """What was kept of a study with this stamp; None if nothing was, or with another one."""
        return read_kept(self.home, study, stamp)

    def keep(self, study: str, stamp: str, values: Any) -> None:
        """Keep what was worked out of a study in place of what was kept before, if the home can be written.

        Args:
            study: its name.
            stamp: of all that the values rest on.
            values: JSON values; numbers need not be finite.
        """
        with suppress(StoreError):
            write_kept(self.home, study, stamp, values)

    def folder(self, key: str) -> Path:
        """Where the artifacts of a stored run lie."""
        return run_folder(self.home, key)

    def _artifact(self, key: str, name: str) -> Path:
        path = run_folder(self.home, key) / name
        if not path.is_file():
            raise StoreError(f"{path} is missing. Was it deleted? Remove the run's row or restore the file.")
        return path


def home_directory(given: Path | None = None) -> Path:
    """Where studies are kept: what was given, else PARIBUS_HOME, else ./paribus-home."""
    return given or Path(os.environ.get("PARIBUS_HOME") or "paribus-home")


def _tune_sqlite(connection: Any, _: Any) -> None:
    """Readers do not wait for the writer, and a second writer waits instead of failing."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.close()
