"""A stranger's home is data: it imports, calls and writes nothing. A study file that names code says so first."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import paribus
from paribus import ParibusError, SpecError, StoreError, Study
from paribus.prediction.trained import Trained
from paribus.results.result import Result
from paribus.store import Store
from paribus.user_code import code_hash

NAMES_CODE = "name: code\ndata: {source: digits}\nbaseline: {model: {kind: 'NAME'}, epochs: 1}\nseeds: 2\n"
NETS = "from pathlib import Path\nfrom torch import nn\nPath('imported').touch()\ndef make(shape, outputs):\n"
NETS += "    return nn.Sequential(nn.Flatten(), nn.Linear(64, outputs))\n"
SOURCE = "from pathlib import Path\nPath('imported').touch()\n"
SOURCE += "def make():\n    return {'x': [[0.0], [1.0]] * 10, 'y': [0, 1] * 10}\n"

Change = Callable[[str, dict[str, Any]], dict[str, Any]]


@pytest.fixture
def home(folder: Path, tiny: str) -> Path:
    Study.open("tiny.yaml", ["seeds=1", "factors={}"]).run(folder / "home", quiet=True)
    return folder / "home"


def rewrite(home: Path, change: Change) -> None:
    """Lay changes over the recipes of runs and the records of studies, as somebody with an editor can."""
    with sqlite3.connect(home / "paribus.db") as database:
        for table, name, column in (("runs", "key", "recipe"), ("studies", "name", "record")):
            for key, text in database.execute(f"SELECT {name}, {column} FROM {table}").fetchall():
                new = json.dumps(change(table, json.loads(text)))
                database.execute(f"UPDATE {table} SET {column} = ? WHERE {name} = ?", (new, key))
    database.close()


def popen(shape: list[Any], code: str) -> Change:
    """What makes loading call `subprocess.Popen(shape, 10)`."""

    def change(table: str, values: dict[str, Any]) -> dict[str, Any]:
        if table == "runs":
            return {**values, "model": {"kind": "subprocess:Popen"}}
        values["dataset"]["item_shape"] = shape
        return {**values, "code": {"baseline": code}}

    return change


@pytest.mark.parametrize("trust", [False, True])
@pytest.mark.parametrize("shape", [["touch", "PWNED"], [8, 8]], ids=["texts", "numbers"])
def test_a_home_brings_in_no_code(cli, home: Path, folder: Path, shape: list[Any], trust: bool) -> None:
    rewrite(home, popen(shape, code_hash(subprocess.Popen)))
    for words in (["list"], ["show", "tiny"], ["report", "tiny"], ["diff", "tiny", "tiny"], ["plan", "tiny.yaml"]):
        assert "Traceback" not in cli(*words, "--home", "home").err
    with pytest.raises(ParibusError, match="subprocess:Popen is code|subprocess:Popen comes with Python|item_shape"):
        paribus.load("tiny", home=home, trust=trust)
    assert not (folder / "PWNED").exists()


def test_a_module_of_the_readers_is_not_imported_either(cli, home: Path, folder: Path) -> None:
    """Only where the study file that names it is opened, or `trust` is given and the code is what was stored."""
    (folder / "nets_of_mine.py").write_text(NETS)
    kind = "nets_of_mine:make"
    rewrite(home, lambda table, values: {**values, "model": {"kind": kind}} if table == "runs" else values)
    assert cli("report", "tiny", "--home", "home").code == 0
    for trust in (False, True):
        with pytest.raises(SpecError, match=f"{kind} is code, and what is stored|was hashed by another version"):
            paribus.load("tiny", home=home, trust=trust)
    assert not (folder / "imported").exists()


@pytest.mark.slow
def test_code_is_trusted_only_where_it_is_what_was_stored(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "nets_of_theirs.py").write_text(NETS)
    (folder / "code.yaml").write_text(NAMES_CODE.replace("NAME", "nets_of_theirs:make"))
    Study.open("code.yaml").run("home", quiet=True)

    def again(*words: str) -> str:
        text = f"import paribus; paribus.load('code', home='home', trust={words[0]}).predict({words[1]})"
        done = subprocess.run([sys.executable, "-c", text], cwd=folder, capture_output=True, text=True, check=False)
        return done.stderr

    items = "__import__('numpy').zeros((1, 8, 8))"
    assert "nets_of_theirs:make is code, and what is stored brings in none" in again("False", items)
    assert again("True", items) == ""
    (folder / "nets_of_theirs.py").write_text(NETS.replace("return", "Path('called').touch(); return"))
    assert "The code of nets_of_theirs:make" in again("True", items)
    assert not (folder / "called").exists()


def test_the_shape_of_an_item_is_numbers(home: Path) -> None:
    for shape in (["touch", "PWNED"], [0], [8.0, 8.0]):
        rewrite(home, popen(shape, ""))
        with pytest.raises(StoreError, match=r"damaged, at dataset.item_shape.0"):
            Result(Store(home, reading=True), "tiny")
    with pytest.raises(StoreError, match=r"item_shape must be whole numbers from 1 up, found \['touch'"):
        Trained({"data": {}}, {}, ["touch", "PWNED"], ["a", "b"])


OUTSIDE = "../" * 12


def test_a_key_becomes_no_path(cli, home: Path) -> None:
    with sqlite3.connect(home / "paribus.db") as database:
        database.execute("UPDATE runs SET key = ?", (f"{OUTSIDE}etc",))
    database.close()

    def change(table: str, values: dict[str, Any]) -> dict[str, Any]:
        runs = [{**run, "key": f"{OUTSIDE}etc"} for run in values.get("runs", [])]
        return {**values, "runs": runs} if table == "studies" else values

    rewrite(home, change)
    shutil.rmtree(home / "verdicts", ignore_errors=True)
    done = cli("report", "tiny", "--home", "home")
    assert (done.code, "damaged, at runs.0.key" in done.err) == (2, True)


def test_a_fingerprint_becomes_no_path(cli, home: Path, folder: Path) -> None:
    (folder / "outside").mkdir()
    for name in ("x_train", "y_train", "x_test", "y_test"):
        np.save(folder / "outside" / f"{name}.npy", np.zeros((3, 8, 8)))

    def change(table: str, values: dict[str, Any]) -> dict[str, Any]:
        fingerprint = OUTSIDE + str(folder / "outside").lstrip("/")
        return (
            {**values, "dataset": {**values["dataset"], "fingerprint": fingerprint}} if table == "studies" else values
        )

    rewrite(home, change)
    done = cli("report", "tiny", "--home", "home")
    assert (done.code, "damaged, at dataset.fingerprint" in done.err) == (2, True)


def test_a_name_becomes_no_path(cli, home: Path, folder: Path) -> None:
    name = OUTSIDE + str(folder / "outside").lstrip("/")
    with sqlite3.connect(home / "paribus.db") as database:
        (text,) = database.execute("SELECT record FROM studies").fetchone()
        spec = json.loads(text)["spec"]
        parts = {"spec": {**spec, "data": [{**spec["data"], "name": "outside"}]}, "parts": [name]}
        database.execute("UPDATE studies SET name = ?", (name,))
        database.execute("INSERT INTO studies SELECT 'tiny', ?, updated FROM studies", (json.dumps(parts),))
    database.close()
    before = sorted(folder.iterdir())
    for words in (["show", "tiny"], ["report", "tiny"], ["report", name]):
        done = cli(*words, "--home", "home")
        assert (done.code, "A study's name must be letters" in done.err) == (2, True), done.err
    assert sorted(folder.iterdir()) == before


def test_a_study_file_says_what_it_imports_before_it_does(cli, folder: Path) -> None:
    (folder / "announced.py").write_text(NETS)
    (folder / "data_announced.py").write_text(SOURCE)
    (folder / "code.yaml").write_text(NAMES_CODE.replace("NAME", "announced:make"))
    done = cli("plan", "code.yaml")
    assert (done.code, done.err) == (0, "code.yaml names code: announced.py:make; it is imported and run.\n")
    (folder / "data.yaml").write_text("name: data\ndata: {source: 'data_announced:make'}\n")
    assert cli("plan", "data.yaml").err == "data.yaml names code: data_announced.py:make; it is imported and run.\n"
    told = cli("data", "show", "data_announced:make").err
    assert told == "The command line names code: data_announced.py:make; it is imported and run.\n"
    assert cli("plan", "tiny.yaml").err == ""


@pytest.mark.parametrize("where", ["model", "source", "levels", "space", "set", "show"])
def test_what_is_not_beside_the_study_file_needs_trust(cli, folder: Path, where: str) -> None:
    name = "os:abort" if where in ("source", "show", "set") else "subprocess:Popen"
    study = {
        "model": NAMES_CODE.replace("NAME", name),
        "source": f"name: code\ndata: {{source: '{name}'}}\n",
        "set": "name: code\ndata: {source: digits}\n",
        "levels": "name: code\ndata: {source: digits}\n"
        "factors: {m: {vary: model, levels: [{kind: mlp}, {kind: 'subprocess:Popen'}]}}\n",
        "space": "name: code\ndata: {source: digits}\nfactors: {m: {levels: {a: {}, b: {tuned: true}}}}\n"
        "tune: {space: {model: [{kind: mlp}, {kind: 'subprocess:Popen'}]}, algorithm: grid}\n",
        "show": "",
    }[where]
    (folder / "code.yaml").write_text(study)
    words = ["data", "show", name] if where == "show" else ["plan", "code.yaml"]
    done = cli(*words, *(["--set", f"data.source={name}"] if where == "set" else []))
    assert done.code == 2
    assert f"names code, {name}, which does not lie in {folder}: it would be imported and run" in done.err
    assert "give --trust, in Python trust=True; else remove it." in done.err


def test_a_study_file_from_elsewhere_needs_trust(cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "elsewhere_nets.py").write_text(NETS)
    (folder / "code.yaml").write_text(NAMES_CODE.replace("NAME", "elsewhere_nets:make"))
    (folder / "here").mkdir()
    monkeypatch.chdir(folder / "here")
    for call in (lambda: cli("plan", "../code.yaml").err, lambda: refused("../code.yaml")):
        told = call()
        assert "../code.yaml names code, elsewhere_nets.py:make, in" in told
        assert "which lies outside the working directory" in told
    assert not list(folder.rglob("imported"))
    done = cli("plan", "../code.yaml", "--trust")
    assert (done.code, done.err.count("it is imported and run")) == (0, 1)
    assert Study.open("../code.yaml", trust=True).name == "code"


def refused(file: str) -> str:
    with pytest.raises(SpecError) as error:
        Study.open(file)
    return str(error.value)


@pytest.mark.parametrize("ends", ["import sys; sys.exit(3)", "raise BaseException('no')"])
def test_a_module_that_ends_the_program_is_told(cli, folder: Path, ends: str) -> None:
    name = f"ends_{len(ends)}"
    (folder / f"{name}.py").write_text(ends)
    (folder / "code.yaml").write_text(f"name: code\ndata: {{source: '{name}:make'}}\n")
    done = cli("plan", "code.yaml")
    assert done.code == 2
    assert f"importing '{name}' raised" in done.err
    (folder / f"{name}.py").write_text(f"def make():\n    {ends}\n")
    done = cli("plan", "code.yaml")
    assert done.code == 2
    assert f"{name}:make raised" in done.err


def test_what_a_terminal_would_act_on_is_shown_as_it_is_written(cli, home: Path) -> None:
    """No study file may say such things any more; a home may, and is listed, shown and reported all the same."""
    odd = "\x1b[2J\ud800 \N{GRINNING FACE}"

    def change(table: str, values: dict[str, Any]) -> dict[str, Any]:
        return {**values, "spec": {**values["spec"], "question": odd}} if table == "studies" else values

    rewrite(home, change)
    for words in (["list"], ["list", "--json"], ["show", "tiny"], ["report", "tiny"]):
        done = cli(*words, "--home", "home")
        assert (done.code, done.err, "\x1b" in done.out, "\ud800" in done.out) == (0, "", False, False)
    assert "\\x1b[2J\\ud800" in cli("list", "--home", "home").out
    assert (home / "reports" / "tiny.html").read_text(encoding="utf-8")
