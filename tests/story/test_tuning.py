"""A search through the command line: once, again, and killed in the middle."""

import json
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

TUNED = """\
name: tuned
data: {source: digits, validation: 0.2}
baseline: {model: {kind: mlp, width: 8}, batch_size: 256, epochs: 2}
seeds: 2
factors:
  recipe: {levels: {default: {}, tuned: {tuned: true}}}
tune:
  space:
    model.depth: [1, 2]
    optimizer.lr: {low: 1.0e-3, high: 1.0e-1, log: true}
  max_epochs: 3
"""
TRIALS = 5  # brackets 3 x 1, 1 x 3 and 2 x 3


@pytest.fixture
def study(folder: Path) -> Path:
    path = folder / "tuned.yaml"
    path.write_text(TUNED)
    return path


def num_stored(home: Path) -> int:
    if not (home / "paribus.db").exists():
        return 0
    connection = sqlite3.connect(home / "paribus.db")
    try:
        return connection.execute("SELECT count(*) FROM runs").fetchone()[0]
    except sqlite3.OperationalError:  # no table yet
        return 0
    finally:
        connection.close()


def timeless(text: str) -> str:
    return re.sub(r'"seconds": [0-9.e-]+', '"seconds": 0', text)


@pytest.mark.slow
def test_a_search_is_told_and_not_repeated(cli, folder: Path, study: Path) -> None:
    ahead = cli("plan", "tuned.yaml")
    assert ahead.code == 0
    assert "Search first (hyperband): 5 trials, trials × epochs: 3 × 1, 1 × 3; 2 × 3. At most 11 epochs: " in ahead.out
    assert "recipe=tuned  recipe=tuned    not known yet  0 of 2" in ahead.out
    values = json.loads(cli("plan", "tuned.yaml", "--json").out)
    assert list(values)[-1] == "search"
    assert values["search"].items() >= {"algorithm": "hyperband", "trials": 5, "epochs": 11, "stored": False}.items()
    known = {row["name"]: row["parameters"] is not None for row in values["variants"]}
    assert known == {"baseline": True, "recipe=tuned": False}
    assert sum(map(len, values["cohorts"])) == 2
    assert not (folder / "paribus-home").exists()

    first = cli("run", "tuned.yaml", "--workers", "2")
    assert first.code == 0, first.err
    assert "tuning, trials 0 to 4, rung 1 of 2: 0 of 3 runs stored, 3 to train" in first.err
    both = "tuning, trials 0 to 4, rung 2 of 2: 0 of 3 runs stored, 3 to train"
    assert both in first.err  # the last rungs of both brackets, of 1 trial and of 2
    assert "Search (hyperband): 5 trials, 11 epochs in all; to train every trial to the end would take 15." in first.out
    assert "Winner: trial " in first.out
    page = (folder / "paribus-home" / "reports" / "tuned.html").read_text()
    assert '<section id="search">' in page

    stored = num_stored(folder / "paribus-home")
    again = cli("run", "tuned.yaml", "--json")
    assert (again.code, again.err) == (0, "")  # nothing to train, so no progress
    assert num_stored(folder / "paribus-home") == stored
    assert again.out == cli("show", "tuned", "--json").out
    found = json.loads(again.out)
    assert found["search"]
    search = found["search"]
    assert len(search["trials"]) == TRIALS
    whole = {trial["number"]: trial["scores"]["3"] for trial in search["trials"] if "3" in trial["scores"]}
    assert search["winner_number"] == max(whole, key=lambda number: whole[number])
    tuned = next(row for row in found["variants"] if row["level"] == "tuned")
    assert tuned["recipe"]["optimizer"]["lr"] == search["winner"]["optimizer.lr"]
    assert tuned["recipe"]["model"]["depth"] == search["winner"]["model.depth"]

    after = cli("plan", "tuned.yaml")
    assert "It is stored.\nNothing to train.\n" in after.out
    assert "not known yet" not in after.out
    assert "not known yet" in cli("plan", "tuned.yaml", "--set", "tune.max_epochs=4").out

    other = cli("run", "tuned.yaml", "--workers", "1", "--home", "one")
    assert other.code == 0
    assert timeless(cli("show", "tuned", "--json", "--home", "one").out) == timeless(again.out)


@pytest.mark.slow
def test_a_search_that_was_killed_comes_to_the_same(cli, folder: Path, study: Path) -> None:
    words = ["run", "tuned.yaml", "--set", "tune.max_epochs=9", "--workers", "2"]
    program = Path(sys.executable).with_name("paribus")
    quiet = subprocess.DEVNULL
    driver = subprocess.Popen([program, *words, "--home", "killed"], cwd=folder, stdout=quiet, stderr=quiet)
    while driver.poll() is None and num_stored(folder / "killed") < 10:  # the second rung of the first bracket
        time.sleep(0.02)
    driver.kill()  # SIGKILL
    driver.wait()
    seen = num_stored(folder / "killed")
    assert seen >= 10
    assert cli("show", "tuned", "--home", "killed").code == 2  # the study is stored once the search has ended
    assert cli(*words, "--home", "killed").code == 0
    assert cli(*words, "--home", "whole").code == 0
    assert num_stored(folder / "killed") == num_stored(folder / "whole") > seen
    texts = [timeless(cli("show", "tuned", "--json", "--home", home).out) for home in ("killed", "whole")]
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("algorithm", "trials", "epochs"),
    [("successive_halving", 6, 10), ("random", 6, 18), ("grid", 4, 12), ("tpe", 6, 18)],
)
def test_every_other_algorithm_finds_a_winner(cli, study: Path, algorithm: str, trials: int, epochs: int) -> None:
    if algorithm == "grid":
        study.write_text(TUNED.replace("{low: 1.0e-3, high: 1.0e-1, log: true}", "[0.001, 0.01]"))
    asked = [f"tune.algorithm={algorithm}", "tune.trials=6"]
    done = cli("run", "tuned.yaml", *(word for value in asked for word in ("--set", value)), "--json")
    assert done.code == 0, done.err
    search = json.loads(done.out)["search"]
    assert (search["algorithm"], len(search["trials"]), search["epochs"]) == (algorithm, trials, epochs)
    best = max(search["trials"], key=lambda trial: trial["scores"].get("3", 0.0))
    assert search["winner"] == best["point"]


BREAKS = """\
from torch import nn

class Breaks(nn.Module):
    def forward(self, x):
        assert not self.training, "no room for 8"
        return x

def make(item_shape, num_outputs, *, width: int = 4):
    broken = [Breaks()] if width == 8 else []
    return nn.Sequential(nn.Flatten(), nn.Linear(64, width), *broken, nn.Linear(width, num_outputs))
"""


def test_a_trial_that_failed_is_told_and_is_not_called_diverged(cli, folder: Path, study: Path) -> None:
    (folder / "breaks.py").write_text(BREAKS)
    values = TUNED.replace("{kind: mlp, width: 8}", "{kind: 'breaks:make'}").replace(
        "model.depth: [1, 2]", "model.width: [4, 8]"
    )
    study.write_text(
        values.replace("optimizer.lr: {low: 1.0e-3, high: 1.0e-1, log: true}", "optimizer.lr: [0.001, 0.01]")
    )
    done = cli("run", "tuned.yaml", "--set", "tune.algorithm=grid", "--json")
    assert done.code == 1, done.err
    search = json.loads(done.out)["search"]
    assert (search["winner"]["model.width"], search["diverged"]) == (4, 0)
    failed = {trial["point"]["model.width"]: trial["failed"] for trial in search["trials"]}
    assert failed == {4: "", 8: "AssertionError: no room for 8"}
    assert re.search(r"trial \d: AssertionError: no room for 8", cli("run", "tuned.yaml").out)
