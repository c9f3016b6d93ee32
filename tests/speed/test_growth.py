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


def cpu_s(*words: str | Path) -> float:
    """Processor seconds of a verb in a process of its own, that of the fork server left out."""

    def used() -> float:
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        return spent.ru_utime + spent.ru_stime

    before = used()
    program = Path(sys.executable).with_name("paribus")
    subprocess.run([program, *words], check=True, capture_output=True, timeout=1200)
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
    spent = {name: cpu_s(*words, *at_home) for name, words in calls.items()}
    print("", *(f"{name}: {seconds:.2f} s" for name, seconds in spent.items()), sep="\n")
    assert (home / "reports" / "many.html").stat().st_size < 15e6
    limits = {"run again": 5, "list": 1, "show": 2, "show --json": 3, "report": 15, "plan": 2}
    assert {name: spent[name] for name, most in limits.items() if spent[name] > most} == {}
