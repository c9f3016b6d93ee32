"""Names, classes and questions are printed as they are, whatever brackets and colons they hold."""

from pathlib import Path

import pytest

BRACKETS = """\
name: tiny
question: "Is [/notes] or [red] better? :x:"
data: {source: own.csv}
baseline: {model: {kind: linear}, epochs: 1}
seeds: 2
factors:
  rule [a]:
    levels:
      "Adam [pytorch]": {optimizer: {kind: adam, lr: 0.02}}
      "[/y] :x:": {optimizer: {kind: sgd}}
"""
LEVELS = ["rule [a]=Adam [pytorch]", "rule [a]=[/y] :x:"]


@pytest.fixture
def bracketed(folder: Path) -> Path:
    """A study whose every name has brackets, and the table that it is about."""
    (folder / "tiny.yaml").write_text(BRACKETS)
    (folder / "own.csv").write_text("a,b [c],label\n" + "1,2,[/y]\n3,4,[b]x :x:\n" * 20)
    return folder


def test_the_terminal_shows_them_as_they_are(cli, bracketed: Path) -> None:
    again = ("run", "tiny.yaml", "--set", "name=other", "--set", "baseline.epochs=2")
    verbs = ("plan", "tiny.yaml"), ("run", "tiny.yaml"), ("show", "tiny"), again, ("diff", "tiny", "other")
    outputs = {words: cli(*words) for words in verbs}
    for words, done in outputs.items():
        assert done.code == 0, words
        assert all(level in done.out for level in LEVELS), words
    assert "[/y] :x: against Adam [pytorch]" in outputs["show", "tiny"].out
    assert "Is [/notes] or [red] better? :x:" in cli("list").out
    shown = cli("data", "show", "own.csv").out
    assert all(name in shown for name in ("\n[/y] ", "\n[b]x :x: ", " b [c] "))


def test_so_does_a_study_over_several_data_sets(cli, bracketed: Path) -> None:
    done = cli("run", "tiny.yaml", "--set", "data=[own.csv, {source: own.csv, name: again}]")
    assert done.code == 0
    across = done.out.partition("data sets side by side")[2]
    assert all(level in across for level in LEVELS)
    assert "[/y] :x: against Adam [pytorch]" in across
