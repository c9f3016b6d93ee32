"""A 2 x 2 factorial from the command line: plan, run, JSON, terminal and report."""

import json
from pathlib import Path

import pytest

CROSSED = """\
name: crossed
question: Do dropout and batch norm add up on the digits?
data: {source: digits, validation: 0.1}
baseline:
  model: {kind: mlp, width: 8, depth: 1}
  optimizer: {kind: adam, lr: 0.01}
  epochs: 2
  batch_size: 256
seeds: 3
factors:
  dropout: {vary: model.dropout, levels: [0.0, 0.5]}
  norm: {vary: model.batch_norm, levels: [false, true]}
design: factorial
"""
CELLS = ["baseline", "dropout=0, norm=true", "dropout=0.5, norm=false", "dropout=0.5, norm=true"]


@pytest.fixture
def crossed(folder: Path) -> str:
    (folder / "crossed.yaml").write_text(CROSSED)
    return "crossed.yaml"


def test_plan_shows_the_crossing_and_what_it_costs(cli, crossed: str) -> None:
    lines = cli("plan", crossed).out.splitlines()
    assert [line.partition("  ")[0] for line in lines[1:5]] == CELLS
    assert "dropout=0, norm=false" in lines[1]
    text = " ".join(" ".join(lines).split())
    assert "12 runs in 4 cohorts, 0 stored." in text
    assert text.endswith(
        "Crossing dropout × norm takes 2 × 2 = 4 variants, 12 runs; one at a time around their references they would "
        "take 3 variants, 9 runs."
    )
    values = json.loads(cli("plan", crossed, "--json").out)
    assert [variant["name"] for variant in values["variants"]] == CELLS
    assert "Crossing" not in cli("plan", crossed, "--set", "design=one-at-a-time").out


def test_from_a_crossing_to_its_report(cli, crossed: str, folder: Path) -> None:
    done = cli("run", crossed)
    assert done.code == 0, done.err
    values = json.loads(cli("show", "crossed", "--json").out)
    assert [(row["factor"], row["level"], row["name"]) for row in values["variants"]] == [
        ("dropout", "0", CELLS[0]),
        ("dropout", "0", CELLS[1]),
        ("dropout", "0.5", CELLS[2]),
        ("dropout", "0.5", CELLS[3]),
        ("norm", "false", CELLS[0]),
        ("norm", "false", CELLS[2]),
        ("norm", "true", CELLS[1]),
        ("norm", "true", CELLS[3]),
    ]
    assert values["variants"][3]["recipe"]["model"] == {
        **values["variants"][0]["recipe"]["model"], "dropout": 0.5, "batch_norm": True,
    }  # fmt: skip
    scores = {(row["variant"], row["seed"]): row["metrics"]["test_accuracy"] for row in values["runs"]}
    plain, norm, dropout, both = ([scores[name, seed] for seed in range(3)] for name in CELLS)
    expected = {
        ("effect", "dropout", "0.5", "0"): sum(dropout) + sum(both) - sum(plain) - sum(norm),
        ("effect", "norm", "true", "false"): sum(norm) + sum(both) - sum(plain) - sum(dropout),
        ("interaction", "dropout × norm", "0.5 × true", "0 × false"): 2
        * (sum(both) - sum(dropout) - sum(norm) + sum(plain)),
    }
    found = {
        (row["kind"], row["factor"], row["level"], row["reference"]): row["difference"] * 6
        for row in values["contrasts"]
    }
    assert found == pytest.approx(expected, abs=1e-9)
    assert [row["averaged_over"] for row in values["contrasts"]] == [["norm"], ["dropout"], []]
    assert all(row["n"] == 3 for row in values["contrasts"])

    assert "0.5 × true against 0 × false" in done.out
    assert "dropout 0.5 and norm true" in done.out
    page = (folder / "paribus-home" / "reports" / "crossed.html").read_text()
    assert "<h3>Interactions</h3>" in page
    assert 'id="figure-interactions"' in page
    assert "crossed-interactions.csv" in page
    assert "Factorial: dropout × norm, every level with every level, 2 × 2 = 4 variants" in page


def test_a_crossing_takes_over_what_was_trained_one_at_a_time(cli, crossed: str) -> None:
    assert cli("run", crossed, "--set", "design=one-at-a-time", "--seeds", "1").code == 0
    assert cli("run", crossed, "--seeds", "1").err.startswith("3 of 4 runs stored, 1 to train\n")


def test_a_mistake_in_the_design(cli, crossed: str) -> None:
    done = cli("plan", crossed, "--set", "design={factorial: [dropout, nrom]}")
    assert done.code == 2
    assert "design.factorial[1]: must be a factor, found 'nrom'. Did you mean 'norm'?" in done.err
