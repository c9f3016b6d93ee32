"""A home that cannot be written, as on read-only media or of somebody else, can be read by every verb."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import paribus
from paribus import Study
from paribus.execution.worker import prepare_torch
from paribus.running.work import lay_out, plan_with_data
from paribus.store import Store
from paribus.training.cohort import train_cohort
from paribus.user_code import Origin

STUDY = """\
name: {}
data: {{source: digits, validation: 0.1}}
baseline: {{model: {{kind: mlp, width: 16}}, epochs: 1, batch_size: 256}}
seeds: {}
"""


@pytest.fixture
def home(folder: Path) -> Iterator[Path]:
    """Two studies in a home that cannot be written."""
    home = folder / "paribus-home"
    prepare_torch()
    for name, seeds in (("two", 2), ("one", 1)):
        (folder / f"{name}.yaml").write_text(STUDY.format(name, seeds))
        store, study = Store(home), Study.open(str(folder / f"{name}.yaml"))
        work = lay_out(plan_with_data(study, Origin(folder)), store, None)
        for job in work.begin(store):
            for record in train_cohort(job):
                store.save_run(record)
        store.close()
    if os.geteuid():
        paths = [home, *home.rglob("*")]
        for path in paths:
            path.chmod(path.stat().st_mode & 0o555)
        yield home
        for path in paths:
            path.chmod(path.stat().st_mode | 0o700)
        return
    words = [["mount", "--bind", home, home], ["mount", "-o", "remount,ro,bind", home]]  # which nothing stops root from
    if any(subprocess.run(line, capture_output=True, check=False).returncode for line in words):
        pytest.skip("needs leave to mount, or another user than root")
    yield home
    subprocess.run(["umount", "--lazy", home], check=True)


@pytest.mark.parametrize(
    "words",
    [
        ["list"],
        ["show", "two", "--json"],
        ["plan", "two.yaml"],
        ["diff", "two", "one"],
        ["report", "two", "-o", "page.html"],
        ["doctor"],
    ],
    ids=lambda words: words[0],
)
def test_every_verb_that_reads_works(cli: Callable, home: Path, words: list[str]) -> None:
    with pytest.raises(OSError, match="Read-only|denied"):
        (home / "a").touch()
    done = cli(*words)
    assert (done.code, done.err) == (0, "")
    if words[0] == "plan":
        assert "2 of 2" in done.out or "stored" in done.out


def test_a_network_is_loaded(home: Path) -> None:
    assert paribus.load("two", home=home).network


def test_what_writes_says_that_it_cannot(cli: Callable, home: Path) -> None:
    for words in (["run", "two.yaml"], ["report", "two"], ["doctor", "--fix"]):
        done = cli(*words)
        assert done.code == 2
        assert "Read-only file system" in done.err or "Permission denied" in done.err
    assert "Choose another --output" in cli("report", "two").err
