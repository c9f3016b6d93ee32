"""`paribus run`, from an empty folder to a report."""

import json
import math
import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from paribus import StoreError

METRICS = {
    f"{part}_{name}" for part in ("val", "test") for name in ("accuracy", "loss", "f1_macro", "f1_weighted")
}  # fmt: skip
KEYS = {
    "variants": {"name", "factor", "level", "recipe", "parameters"},
    "runs": {"key", "variant", "seed", "status", "epochs", "best_epoch", "seconds", "metrics"},
    "contrasts": {
        "factor", "level", "reference", "metric", "n", "difference", "ci_low", "ci_high", "p_value", "p_adjusted",
        "p_superior", "verdict", "seeds_needed", "caveats",
    },
    "test_set": {"factor", "level", "reference", "difference", "low", "high", "n_items", "mcnemar_p", "seed"},
}  # fmt: skip


def trained(folder: Path) -> dict[str, str]:
    """When each run was stored."""
    connection = sqlite3.connect(folder / "paribus-home" / "paribus.db")
    rows = connection.execute("SELECT key, created FROM runs").fetchall()
    connection.close()
    return dict(rows)


@pytest.mark.slow
def test_from_an_empty_folder_to_a_report(shell, cli, folder: Path, contents) -> None:
    first = shell("run", "tiny.yaml")
    assert first.code == 0, first.err
    assert {path.name for path in folder.iterdir()} == {"tiny.yaml", "paribus-home"}

    # standard error is a pipe: progress in lines
    lines = first.err.splitlines()
    assert lines[0] == "0 of 6 runs stored, 6 to train"
    assert re.match(
        r"6/6 runs  [\d.]+ (epochs/s|s an epoch)  0.0 s left  best validation accuracy [\d.]+ %$", lines[-2]
    )
    assert re.match(r"12 epochs in [\d.]+ s, [\d.]+ (epochs/s|s an epoch)$", lines[-1])
    assert "\x1b" not in first.err + first.out

    report = folder / "paribus-home" / "reports" / "tiny.html"
    assert first.out.endswith(f"\nReport: {report}\n")
    assert "</html>" in report.read_text()
    assert "tiny: 6 runs, 6 finished" in first.out
    assert "- depth 2 " in first.out
    assert "- dropout 0.5 " in first.out

    def files() -> dict[str, bytes]:
        """All but SQLite's own beside the database, which stay as long as this process is connected to it."""
        own = (".db-wal", ".db-shm")
        return {path: content for path, (_, content) in contents().items() if not path.endswith(own)}

    found = files()
    for words in (["plan", "tiny.yaml"], ["list"], ["show", "tiny", "--json"], ["doctor"]):
        assert cli(*words).code == 0
    assert files() == found

    before = trained(folder)
    again = cli("run", "tiny.yaml", "--json")
    assert (again.code, again.err) == (0, "")
    assert trained(folder) == before
    shown = cli("show", "tiny", "--json")
    assert shown.out == again.out
    check_shape(json.loads(shown.out))
    assert cli("plan", "tiny.yaml").out.endswith("6 runs (2 more are shared between levels) in 3 cohorts, "
                                                 "6 stored.\nNothing to train.\n")  # fmt: skip

    told = json.loads(cli("list", "--json").out)
    assert [(row["study"], row["status"], row["runs"], row["stored"], row["failed"]) for row in told] == [
        ("tiny", "finished", 6, 6, 0)
    ]
    assert "6 of 6" in cli("list").out
    assert "tiny: 6 runs, 6 finished" in cli("show", "tiny").out
    written = cli("report", "tiny", "-o", "r.html")
    assert written.out == f"{folder / 'r.html'}\n"
    near = cli("show", "tinny", "--json")
    assert near.code == 2
    assert "Did you mean 'tiny'?" in near.err


@pytest.mark.slow
def test_a_report_that_cannot_be_written_hides_no_verdict(cli, folder: Path) -> None:
    reports = folder / "paribus-home" / "reports"
    reports.parent.mkdir()
    reports.write_text("")
    done = cli("run", "tiny.yaml")
    assert done.code == 2
    assert "- depth 2 " in done.out
    assert done.err.endswith(
        "\nError: Cannot write the report: File exists. `paribus report tiny -o FILE` writes it elsewhere.\n"
    )
    for place, named in {
        str(folder): folder,
        "": ".",
        "/proc/x.html": "/proc/x.html",
        "tiny.yaml/a": "tiny.yaml/a",
    }.items():
        done = cli("report", "tiny", "-o", place)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"Error: Cannot write {named}: ")
        assert done.err.endswith(". Choose another --output.\n")
    assert {path.name for path in folder.iterdir()} == {"tiny.yaml", "paribus-home"}


def test_a_probe_that_fails_hides_no_verdict(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreError("no luck")

    monkeypatch.setattr("paribus.results.result.Result.probe", fail)
    for words, told in {("run", "tiny.yaml"): "- depth 2 ", ("run", "tiny.yaml", "--json"): '"verdict": '}.items():
        done = cli(*words)
        assert (done.code, done.err.splitlines()[-1]) == (2, "Error: no luck")
        assert told in done.out


def check_shape(values: dict) -> None:
    """The contract of `paribus show --json`."""
    singular = ["frozen", "search", "ladder"]
    assert list(values) == ["study", "status", "variants", "runs", "contrasts", *singular, "sources", "test_set"]
    assert [values[name] for name in singular] == [None] * 3
    assert (values["study"], values["status"]) == ("tiny", "finished")
    for name, keys in KEYS.items():
        assert values[name]
        assert all(set(row) >= keys for row in values[name]), name
    variants = [(row["name"], row["factor"], row["level"]) for row in values["variants"]]
    assert variants == [
        ("baseline", "depth", "1"),
        ("depth=2", "depth", "2"),
        ("baseline", "dropout", "0"),
        ("dropout=0.5", "dropout", "0.5"),
    ]
    assert [(row["variant"], row["seed"]) for row in values["runs"]] == [
        (variant, seed) for variant in ("baseline", "depth=2", "dropout=0.5") for seed in (0, 1)
    ]
    for row in values["runs"]:
        assert re.fullmatch("[0-9a-f]{64}", row["key"])
        assert (row["status"], row["epochs"]) == ("finished", 2)
        assert row["best_epoch"] in (1, 2)
        assert row["seconds"] > 0
        assert set(row["metrics"]) == METRICS
        assert all(math.isfinite(value) for value in row["metrics"].values())
    scores = {(row["variant"], row["seed"]): row["metrics"]["test_accuracy"] for row in values["runs"]}
    for row, level in zip(values["contrasts"], ("depth=2", "dropout=0.5"), strict=True):
        gains = [scores[level, seed] - scores["baseline", seed] for seed in (0, 1)]
        assert row["difference"] == pytest.approx(sum(gains) / 2)
        assert (row["metric"], row["n"]) == ("test_accuracy", 2)
        assert row["ci_low"] <= row["difference"] <= row["ci_high"]
        assert row["verdict"] in ("better", "worse", "equivalent", "undecided")
        assert any(caveat.startswith("C01 ") for caveat in row["caveats"])
    for row, contrast in zip(values["test_set"], values["contrasts"], strict=True):
        assert all(row[name] == contrast[name] for name in ("factor", "level", "reference"))
        assert row["difference"] == pytest.approx(contrast["difference"])
        assert row["low"] <= row["difference"] <= row["high"]
        assert 0 <= row["mcnemar_p"] <= 1
        assert row["seed"] == 0


def test_more_seeds_and_another_study_reuse_what_is_stored(cli, folder: Path) -> None:
    assert cli("run", "tiny.yaml", "--workers", "1").code == 0
    before = trained(folder)
    more = cli("run", "tiny.yaml", "--seeds", "3")
    assert more.err.startswith("6 of 9 runs stored, 3 to train\n")
    (folder / "other.yaml").write_text((folder / "tiny.yaml").read_text().replace("name: tiny", "name: other"))
    other = cli("run", "other.yaml", "--set", "factors.dropout.levels=[0.0, 0.25]")
    assert other.err.startswith("4 of 6 runs stored, 2 to train\n")
    assert before.items() <= trained(folder).items()
    assert len(trained(folder)) == 6 + 3 + 2
    assert [row["study"] for row in json.loads(cli("list", "--json").out)] == ["other", "tiny"]


def test_runs_that_two_variants_share_count_once(cli, folder: Path, tiny: str) -> None:
    """Of each of two seeds the level {folds: 3} has three runs, one of which is the other level's too."""
    factors = "factors: {folds: {vary: data.validation, levels: [{folds: 3}, {folds: 3, fold: 1}]}}\n"
    (folder / "tiny.yaml").write_text(tiny.partition("factors:")[0] + factors)
    planned = cli("plan", "tiny.yaml").out
    assert "6 runs (2 more are shared between levels) in 3 cohorts, 0 stored.\n6 to train" in planned
    assert cli("run", "tiny.yaml").code == 0
    told = json.loads(cli("list", "--json").out)
    assert [(row["status"], row["runs"], row["stored"]) for row in told] == [("finished", 6, 6)]
    assert cli("plan", "tiny.yaml").out.endswith(", 6 stored.\nNothing to train.\n")
    values = json.loads(cli("plan", "tiny.yaml", "--json").out)
    assert (values["runs"], values["stored"]) == (6, 6)


BREAKS = """
from torch import nn

class Breaks(nn.Linear):
    def forward(self, x):
        assert not self.training, "it breaks"
        return super().forward(x.flatten(1))

def make(item_shape, num_outputs):
    return Breaks(64, num_outputs)
"""


def test_a_cohort_that_fails_stops_nothing_else(cli, folder: Path) -> None:
    """A network that breaks in training: its runs fail, are told, and are tried again."""
    (folder / "breaks_in_training.py").write_text(BREAKS)
    level = "{mlp: {}, bad: {model: {kind: 'breaks_in_training:make'}}}"
    words = ["run", "tiny.yaml", "--set", f"factors.depth={{vary: null, levels: {level}}}"]
    first = cli(*words)
    assert first.code == 1
    assert "tiny: 6 runs, 4 finished, 2 failed" in first.out
    assert "failed depth=bad, seed 0: " in first.out
    assert (folder / "paribus-home" / "reports" / "tiny.html").exists()
    before = trained(folder)
    values = json.loads(cli("show", "tiny", "--json").out)
    assert values["status"] == "finished"
    lost = [row for row in values["runs"] if row["status"] == "failed"]
    assert [(row["variant"], row["seed"], row["metrics"]) for row in lost] == [
        ("depth=bad", 0, {}),
        ("depth=bad", 1, {}),
    ]
    connection = sqlite3.connect(folder / "paribus-home" / "paribus.db")
    messages = connection.execute("SELECT message FROM runs WHERE status = 'failed'").fetchall()
    connection.close()
    assert all(message.startswith("Traceback (most recent call last)") for (message,) in messages)

    again = cli(*words)
    assert again.code == 1
    assert "4 of 6 runs stored, 2 to train\n" in again.err
    after = trained(folder)
    assert {key for key in after if after[key] != before[key]} == {row["key"] for row in lost}


@pytest.mark.slow
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_the_report_is_written_though_nobody_reads_the_verdicts(cli, folder: Path, flags: list[str]) -> None:
    assert cli("run", "tiny.yaml").code == 0
    report = folder / "paribus-home" / "reports" / "tiny.html"
    report.unlink()
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as nobody:
        words = [Path(sys.executable).with_name("paribus"), "run", "tiny.yaml", *flags]
        done = subprocess.run(words, cwd=folder, stdout=nobody, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert "</html>" in report.read_text()
