"""The migrations lead to the tables that the code writes, at once or not at all."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect

import paribus.store
from paribus.store import Store
from paribus.store.migrate import HEAD, migrate
from paribus.store.tables import METADATA

SCRIPTS = Path(paribus.store.__file__).parent / "migrations"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return create_engine(f"sqlite:///{tmp_path / 'a.db'}")


def test_migrated_tables_are_those_of_the_code(engine: Engine) -> None:
    migrate(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
        assert context.get_current_revision() == HEAD


def test_the_newest_migration_is_the_version_that_is_looked_for() -> None:
    assert ScriptDirectory(str(SCRIPTS)).get_current_head() == HEAD


def test_downgrade_takes_everything_back(engine: Engine) -> None:
    migrate(engine)
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    migrate(engine)
    assert set(inspect(engine).get_table_names()) == {"alembic_version", "runs", "studies"}


def test_death_between_two_tables_leaves_none(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic.op import create_table

    def die_at_the_second(name: str, *columns: object) -> None:
        if name == "studies":
            raise KeyboardInterrupt
        create_table(name, *columns)

    monkeypatch.setattr("alembic.op.create_table", die_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        migrate(engine)
    monkeypatch.undo()
    assert "runs" not in inspect(engine).get_table_names()
    migrate(engine)
    assert "studies" in inspect(engine).get_table_names()


def test_an_up_to_date_home_opens_without_alembic(tmp_path: Path) -> None:
    Store(tmp_path)
    code = f"""
import sys; from pathlib import Path; from paribus.store import Store
Store(Path({str(tmp_path)!r})).studies()
print([name for name in ("alembic", "torch") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
