"""A study on broken data, which gets one short letter; nothing is written."""

import sys
from pathlib import Path

import pytest
import yaml
from broken_files import Make, show

STUDY = {"name": "tiny", "baseline": {"model": {"kind": "mlp", "width": 4}, "epochs": 1}, "seeds": 2}


@pytest.fixture
def refused(cli, folder: Path, contents, monkeypatch: pytest.MonkeyPatch):
    """Plan and run a study on data that are broken, show them, and read the messages."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("PARIBUS_DATA", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))

    def call(make: Make, expected: list[str], *verbs: str) -> None:
        values = make(folder)
        (folder / "tiny.yaml").write_text(yaml.safe_dump({**STUDY, "data": values}))
        before = contents()
        for verb in verbs:
            words = [*show(values), "-o", "a.html"] if verb == "show" else [verb, "tiny.yaml"]
            done = cli(*words)
            assert (done.code, done.out) == (2, ""), done
            for word in expected:
                assert word in done.err
            *before_it, letter = done.err.splitlines()
            assert letter.startswith("Error: ")
            assert (done.err.count("Error: "), done.err.count("Traceback")) == (1, 0)
            assert all(" names code: own.py:" in line for line in before_it)
            assert len(before_it) == (":" in str(values["source"]))
            assert contents() == before

    return call
