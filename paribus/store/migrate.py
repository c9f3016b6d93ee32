"""Open a database, to write, where it is brought to the version of this program, or to read, where nothing changes."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, event, inspect, text

from paribus.errors import DamagedError, StoreError

HEAD = "0002"
MENDS = "`paribus doctor --fix` makes it again from the folders of its runs."
_WAIT_S = 30


def engine_to_write(url: str) -> Engine:
    """An engine for the driver, which is the only one that writes."""
    engine = create_engine(url, json_deserializer=_json)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _tune_sqlite)
    return engine


def engine_to_read(path: Path) -> Engine:
    """An engine for an SQLite file that is not changed, wherever it lies.

    Raises:
        DamagedError: it is empty.
        StoreError: it is of a later version.
    """
    engine = create_engine("sqlite://", creator=lambda: _connect(path), poolclass=NullPool, json_deserializer=_json)
    version = _version(engine)
    if version is None:
        raise DamagedError(f"{path} is empty. {MENDS}")
    _refuse_newer(version, path)
    return engine


def migrate(engine: Engine) -> bool:
    """Run the Alembic migrations that the database lacks; no Alembic import when it is up to date.

    Returns:
        Whether there was nothing before.

    Raises:
        StoreError: it was written by a later version.
    """
    version = _version(engine)
    if version == HEAD:
        return False
    if version:
        _refuse_newer(version, engine.url.database)
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":  # which else would commit each table alone, and let others in between
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return version is None


def _refuse_newer(version: str, path: Any) -> None:
    if version > HEAD:
        raise StoreError(
            f"{path} was written by a newer paribus: its version is {version}, this one reads up to {HEAD}. "
            "Update paribus, or choose another home with --home."
        )


def _version(engine: Engine) -> str | None:
    if not inspect(engine).has_table("alembic_version"):
        return None
    with engine.connect() as connection:
        return connection.scalar(text("SELECT version_num FROM alembic_version"))


def _connect(path: Path) -> sqlite3.Connection:
    """A connection that reads.

    SQLite makes two files beside a database in WAL mode while it is read, and removes them. Where it may not, it needs
    to be told that nobody writes, unless they are there, as somebody does.
    """
    log = path.with_name(f"{path.name}-wal")
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        mode = "mode=rw"
    else:
        mode = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
    connection = sqlite3.connect(f"{path.as_uri()}?{mode}", uri=True, timeout=_WAIT_S)
    connection.execute("PRAGMA query_only=ON")
    return connection


def _tune_sqlite(connection: Any, _: Any) -> None:
    """Readers do not wait for the writer, and a second writer waits instead of failing."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={1000 * _WAIT_S}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _json(content: str) -> Any:
    """JSON values; None, which no column holds, where it is none."""
    try:
        return json.loads(content)
    except ValueError:
        return None
