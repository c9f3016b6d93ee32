"""Whatever is damaged in a home, every verb says so in a sentence, and doctor mends what can be mended."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from paribus import Study
from paribus.execution.worker import prepare_torch
from paribus.results.result import Result
from paribus.running.work import lay_out, plan_with_data
from paribus.store import Store
from paribus.store.examine import examine, mend
from paribus.training.cohort import train_cohort
from paribus.user_code import Origin

NAME = "small"
STUDY = """\
name: small
data: {source: digits, validation: 0.1}
baseline: {model: {kind: mlp, width: 16}, epochs: 1, batch_size: 256}
seeds: 2
factors: {depth: {vary: model.depth, levels: [1, 2]}}
"""
VERBS = [
    ["list"],
    ["show", NAME],
    ["show", NAME, "--json"],
    ["report", NAME, "-o", "page.html"],
    ["plan", "small.yaml"],
]


def train(home: Path) -> int:
    """Run the study in this process; how many runs were trained."""
    prepare_torch()
    path = home.parent / "small.yaml"
    path.write_text(STUDY)
    store, study = Store(home), Study.open(str(path))
    work = lay_out(plan_with_data(study, Origin(home.parent)), store, None)
    records = [record for job in work.begin(store) for record in train_cohort(job)]
    for record in records:
        store.save_run(record)
    store.close()
    return len(records)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("trained") / "paribus-home"
    assert train(home) == 4
    return home


@pytest.fixture(scope="module")
def shown(trained: Path) -> str:
    """What `show --json` says of it."""
    return json.dumps(Result(Store(trained, reading=True), NAME).summary, indent=1) + "\n"


@pytest.fixture
def home(trained: Path, folder: Path) -> Path:
    """A copy of the home of the study, in the working directory."""
    (folder / "small.yaml").write_text(STUDY)
    return Path(shutil.copytree(trained, folder / "paribus-home"))


def sql(*lines: str) -> Callable[[Path], None]:
    def change(home: Path) -> None:
        with closing(sqlite3.connect(home / "paribus.db")) as connection, connection:
            for line in lines:
                connection.execute(line)

    return change


def garbage(home: Path) -> None:
    content = bytearray((home / "paribus.db").read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    (home / "paribus.db").write_bytes(content)


def no_database(home: Path) -> None:
    (home / "paribus.db").unlink()


def empty(home: Path) -> None:
    (home / "paribus.db").write_bytes(b"")


def rubbish(home: Path) -> None:
    (home / "paribus.db").write_bytes(b"no database at all" * 100)


FIRST = "WHERE key = (SELECT min(key) FROM runs)"
DATABASES = {
    "garbage in its pages": (garbage, "malformed|damaged"),
    "no database": (rubbish, "not a database"),
    "emptied": (empty, "is empty"),
    "gone": (no_database, "its database is gone"),
    "a table dropped": (sql("DROP TABLE runs"), "no such table: runs"),
    "no version": (sql("DROP TABLE alembic_version"), "is empty"),
    "no date": (sql(f"UPDATE runs SET created = 'yesterday' {FIRST}"), "yesterday"),
}
ROWS = {
    "a study that is {}": (
        sql("UPDATE studies SET record = '{}'"),
        "record of small .* is damaged, at spec: Field",
    ),
    "a study that is no JSON": (sql("UPDATE studies SET record = '{\"spec'"), "record of small .* is damaged"),
    "a study without runs": (sql("UPDATE studies SET record = json_remove(record, '$.runs[1].key')"), "at runs.1.key"),
    "a variant that is not there": (
        sql("UPDATE studies SET record = json_set(record, '$.runs[0].variant', 'x')"),
        "'x'",
    ),
    "a run's recipe that is no JSON": (sql(f"UPDATE runs SET recipe = '{{' {FIRST}"), ""),
    "a status that there is not": (sql(f"UPDATE runs SET status = 'running' {FIRST}"), ""),
    "metrics that are texts": (sql(f'UPDATE runs SET metrics = \'{{"test_accuracy": "x"}}\' {FIRST}'), ""),
    "epochs that are a text": (sql(f"UPDATE runs SET epochs = 'x' {FIRST}"), ""),
    "a row that is gone": (sql(f"DELETE FROM runs {FIRST}"), ""),
    "both rows that are gone": (sql("DELETE FROM runs", "DELETE FROM studies"), "No study 'small'"),
}


@pytest.mark.parametrize("how", [*DATABASES, *ROWS])
def test_a_damaged_database_is_told_and_made_again(cli, home: Path, shown: str, how: str) -> None:
    harm, message = (DATABASES | ROWS)[how]
    harm(home)
    for words in VERBS:
        done = cli(*words)  # a traceback would end this test
        assert done.code == 0 or done.err.startswith("Error: ")
    found = cli("show", NAME, "--json")
    if message:
        assert found.code == 2
        (line,) = re.findall(f"Error: .*(?:{message}).*", found.err)
        assert "paribus doctor --fix" in line or "paribus run" in line
    else:
        runs = json.loads(found.out)["runs"]
        assert sorted(run["status"] for run in runs) == ["finished"] * 3 + ["interrupted"]
    assert examine(home).faults
    assert mend(home)
    assert examine(home).faults == []
    assert cli("show", NAME, "--json").out == shown
    assert train(home) == 0


@pytest.mark.parametrize("how", ["emptied", "gone"])
def test_a_run_finds_the_runs_that_a_lost_database_had(cli, home: Path, shown: str, how: str) -> None:
    DATABASES[how][0](home)
    assert train(home) == 0
    assert cli("show", NAME, "--json").out == shown
    assert examine(home).faults == []


def test_a_newer_database_is_let_alone(cli, home: Path) -> None:
    sql("UPDATE alembic_version SET version_num = '0099'")(home)
    content = (home / "paribus.db").read_bytes()
    for words in [*VERBS, ["run", "small.yaml"], ["doctor", "--fix"]]:
        done = cli(*words)
        assert done.code == 2
        assert "was written by a newer paribus: its version is 0099" in done.err
    assert "was written by a newer paribus" in cli("doctor").out
    assert (home / "paribus.db").read_bytes() == content


def test_a_failure_without_a_reason_is_shown(cli, home: Path) -> None:
    sql(f"UPDATE runs SET status = 'failed', message = '' {FIRST}")(home)
    assert "no reason is stored" in cli("show", NAME).out


def test_one_damaged_study_hides_no_other(cli, home: Path) -> None:
    copy = "INSERT INTO studies SELECT 'other', record, updated FROM studies"
    sql(copy, "UPDATE studies SET record = '{}' WHERE name = 'other'")(home)
    rows = json.loads(cli("list", "--json").out)
    assert [(row["study"], row["status"]) for row in rows] == [("other", "damaged"), ("small", "finished")]
    assert cli("show", NAME).code == 0


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def shorten(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-50])


FILES = ["predictions.npz", "history.parquet", "weights.safetensors", "state.safetensors", "recipe.json", "SHA256SUMS"]


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_told_set_aside_and_trained_again(cli, home: Path, shown: str, name: str) -> None:
    path = sorted(home.glob(f"runs/*/*/{name}"))[0]
    flip(path)
    for words in VERBS:
        assert cli(*words).code == 0
    (fault,) = examine(home).faults
    assert str(path.parent) in fault
    assert len(mend(home)) == 1
    (aside,) = (home / "damaged").iterdir()
    assert aside.name == f"{path.parent.name}-1"
    assert train(home) == 1
    before, after = json.loads(shown), json.loads(cli("show", NAME, "--json").out)
    for values in (before, after):
        for run in values["runs"]:
            del run["seconds"]
    assert after == before


def test_a_report_is_without_what_is_damaged(cli, home: Path) -> None:
    path = sorted(home.glob("runs/*/*/history.parquet"))[0]
    flip(path)
    done = cli("report", NAME, "-o", "page.html")
    assert done.code == 0
    assert f"{path} is damaged: it is not what its line in SHA256SUMS says. Its run is left out" in done.err
    assert Path("page.html").is_file()


def test_what_a_run_relies_on_is_looked_at_before(cli, home: Path) -> None:
    """Without doctor, a run trains again what is missing or has another size; nothing else is read for it."""
    cut, gone, _, _ = sorted(home.glob("runs/*/*"))
    shorten(cut / "predictions.npz")
    shutil.rmtree(gone)
    assert train(home) == 2
    assert train(home) == 0
    assert [path.name for path in (home / "damaged").iterdir()] == [f"{cut.name}-1"]


def test_what_a_run_finds_damaged_when_it_ends_is_trained_by_the_next(cli, home: Path) -> None:
    for path in home.glob("runs/*/*/predictions.npz"):
        flip(path)
    done = cli("run", "small.yaml")
    assert done.code == 2
    assert "predictions.npz is damaged" in done.err
    assert len(list((home / "damaged").iterdir())) == 4
    assert train(home) == 4


def test_data_and_probes_that_are_damaged_are_made_again(cli, home: Path) -> None:
    assert cli("report", NAME).code == 0
    (data,) = home.glob("data/*")
    probe = next(home.glob("probes/*.npz"))
    content = (data / "x_test.npy").read_bytes()
    flip(data / "x_test.npy")
    flip(probe)
    assert cli("report", NAME).code == 0
    assert train(home) == 0
    assert (data / "x_test.npy").read_bytes() == content
    assert examine(home).faults == []


def test_doctor_tells_what_is_wrong_and_mends_it(cli, home: Path) -> None:
    (left := home / "reports" / ".writing-ab").mkdir(parents=True)
    os.utime(left, (0, 0))
    done = cli("doctor")
    assert done.code == 1
    assert f"{left} was left half written." in done.out
    done = cli("doctor", "--fix", "--json")
    assert done.code == 0
    values = json.loads(done.out)["home"]
    assert (values["studies"], values["runs"], values["faults"]) == (1, 4, [])
    assert values["mended"] == [f"{left}, which was left half written, was removed."]
    assert cli("doctor", "--fix").code == 0
    assert not left.exists()


def test_a_home_of_an_earlier_version_is_read_but_not_verified(cli, home: Path, shown: str) -> None:
    for path in home.rglob("SHA256SUMS"):
        path.unlink()
    for path in home.glob("runs/*/*/recipe.json"):
        values = json.loads(path.read_text())
        path.write_text(json.dumps({name: values[name] for name in ("key", "seed", "recipe", "engine")}))
    assert cli("show", NAME, "--json").out == shown
    assert (examine(home).unverified, examine(home).faults) == (4, [])
    assert train(home) == 0
    shorten(next(home.glob("runs/*/*/weights.safetensors")))
    assert len(examine(home).faults) == 1
