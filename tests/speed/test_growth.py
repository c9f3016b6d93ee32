"""What a home of 5,000 runs costs to list, to show, and to run again."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest
from fill_home import MANY, fill

pytestmark = pytest.mark.speed

SEEDS = "seeds=200"
LIBRARIES = "import numpy, pandas, plotly.graph_objects, scipy.stats, sqlalchemy, pydantic, rich.table, typer"
"""What the verbs are built on: to import it takes so many seconds of this machine, by which the verbs are measured."""


def cpu_s(*words: str | Path) -> float:
    """Processor seconds of a program, that of the fork server left out."""

    def used() -> float:
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        return spent.ru_utime + spent.ru_stime

    before = used()
    subprocess.run(words, check=True, capture_output=True, timeout=1200)
    return used() - before


def test_it_does_not_grow_with_the_runs(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "many.yaml"
    file.write_text(MANY)
    assert fill(home, file, 200) == 5000
    at_home = ("--home", home)
    calls = {
        "run": ("run", file, "--set", SEEDS),  # trains nothing, works out the verdicts, writes the report
        "run again": ("run", file, "--set", SEEDS),
        "list": ("list",),
        "show": ("show", "many"),
        "show --json": ("show", "many", "--json"),
        "report": ("report", "many"),
        "plan": ("plan", file, "--set", SEEDS),
    }
    program = Path(sys.executable).with_name("paribus")
    unit = min(cpu_s(sys.executable, "-c", LIBRARIES) for _ in range(3))
    spent = {name: cpu_s(program, *words, *at_home) / unit for name, words in calls.items()}
    print("", f"importing the libraries: {unit:.2f} s; times that:", sep="\n")
    print(*(f"{name}: {times:.1f}" for name, times in spent.items()), sep="\n")
    assert (home / "reports" / "many.html").stat().st_size < 15e6
    limits = {"run again": 5, "list": 1, "show": 2.5, "show --json": 2.5, "report": 12, "plan": 2.5}
    assert {name: spent[name] for name, most in limits.items() if spent[name] > most} == {}
