"""The command line in this process, and a study that trains in a moment."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from paribus.cli.main import main

TINY = """\
name: tiny
question: Does depth or dropout matter on the digits?
data: {source: digits, validation: 0.1}
baseline:
  model: {kind: mlp, width: 8, depth: 1}
  optimizer: {kind: adam, lr: 0.01}
  epochs: 2
  batch_size: 256
seeds: 2
factors:
  depth: {vary: model.depth, levels: [1, 2]}
  dropout: {vary: model.dropout, levels: [0.0, 0.5]}
"""
REVIEWS = """\
import numpy as np

def make():
    words = ["film", "plot", "the", "actor", "scene", "ending", "was", "rather"]
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    texts = [" ".join([*rng.permutation(words)[:5], ["bad", "good"][label]]) for label in labels]
    return {"x": np.array(texts, object), "y": labels}
"""


class Done(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str


Cli = Callable[..., Done]


@pytest.fixture(autouse=True)
def a_hasty_map(monkeypatch: pytest.MonkeyPatch) -> None:
    """Maps of features take a second each; `tests/unit/probing` looks at whole ones."""
    monkeypatch.setattr("paribus.probing.embedding._EARLY", 5)
    monkeypatch.setattr("paribus.probing.embedding._LATE", 5)


@pytest.fixture(scope="session")
def tiny() -> str:
    """The text of that study."""
    return TINY


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: it holds `tiny.yaml` and nothing else."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PARIBUS_HOME", raising=False)
    (tmp_path / "tiny.yaml").write_text(TINY)
    return tmp_path


@pytest.fixture
def reviews(folder: Path) -> str:
    """A source of 200 short texts."""
    (folder / "reviews.py").write_text(REVIEWS)
    return "reviews:make"


@pytest.fixture
def cli(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Call a verb in this process, which has imported everything already."""

    def call(*words: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["paribus", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        return Done(int(end.value.code or 0), *capsys.readouterr())

    return call


@pytest.fixture
def shell(folder: Path) -> Cli:
    """Call a verb as a user does, in a process of its own, which has workers."""
    users = {name: value for name, value in os.environ.items() if name != "PARIBUS_WORKERS"}

    def call(*words: str) -> Done:
        program = [Path(sys.executable).with_name("paribus"), *words]
        done = subprocess.run(program, cwd=folder, env=users, capture_output=True, text=True, check=False, timeout=120)
        return Done(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def contents(folder: Path) -> Callable[[], dict[str, tuple[int, bytes]]]:
    """Every file and folder below the working directory, with its time of change and its content."""

    def read() -> dict[str, tuple[int, bytes]]:
        return {
            str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
            for path in folder.rglob("*")
        }

    return read
