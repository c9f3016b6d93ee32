"""What is imported when: the command starts fast, and rooms that need no torch don't load it."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ["torch", "pandas", "scipy", "pydantic", "sklearn", "plotly", "sqlalchemy", "numpy"]
ROOMS = (
    "import paribus.spec, paribus.planning, paribus.comparison.summary, paribus.comparison.words, paribus.evaluation, "
    "paribus.evaluation.metrics, paribus.report.pages.study, paribus.spec.parts\n"
    "for kind in ('data', 'model', 'optimizer', 'schedule'): assert paribus.spec.parts.parts(kind)"
)
HELP = "import sys, paribus.cli.main as m\nsys.argv = ['paribus', '--help']\ntry: m.main()\nexcept SystemExit: pass"


def loaded(code: str) -> set[str]:
    """The modules that `code` leaves imported in a fresh interpreter."""
    code += "\nimport sys; print('\\nLOADED', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.rpartition("LOADED")[2].split())


@pytest.mark.parametrize("code", ["import paribus", HELP], ids=["import paribus", "paribus --help"])
def test_starting_imports_nothing_heavy(code: str) -> None:
    modules = loaded(code)
    assert "paribus" in modules
    assert not modules & set(HEAVY)


def test_the_rooms_of_numbers_do_without_torch() -> None:
    modules = loaded(ROOMS)
    assert "paribus.report.pages.study" in modules
    assert not modules & {"torch", "ray"}


def test_help_takes_less_than_half_a_second_of_the_processor() -> None:
    spent_s: list[float] = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([sys.executable, "-c", HELP], check=True, capture_output=True, text=True, timeout=60)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent_s.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert "Usage: paribus" in done.stdout
    assert min(spent_s) < 0.5


LOAD = """
import os, numpy, paribus
os.environ["PARIBUS_WORKERS"] = "0"
study = paribus.Study(name="a", data={"source": "digits"}, baseline={"model": {"kind": "linear"}, "epochs": 1}, seeds=1)
if not os.path.exists("home"):
    study.run(home="home", quiet=True)
else:
    print(paribus.load("a", home="home").predict(numpy.zeros((1, 8, 8))))
"""


@pytest.mark.slow
def test_a_stored_network_predicts_without_what_the_report_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loaded(LOAD)
    modules = loaded(LOAD)
    assert "torch" in modules
    assert not modules & {"plotly", "pandas", "jinja2", "sqlalchemy.orm"}
