"""A study with a ladder of seeds: it grows where it must, goes on after a kill, and says what it saved."""

import json
from pathlib import Path

from paribus.study import Study


def test_a_ladder_grows_where_it_is_undecided(cli, folder: Path, tiny: str) -> None:
    levels = "dropout: {vary: model.dropout, levels: [0.0, 0.5]}"
    text = tiny.replace("seeds: 2", "seeds: {start: 3, max: 12}").replace(levels, levels.replace("0.5", "0.01, 0.95"))
    (folder / "tiny.yaml").write_text(text.replace("width: 8", "width: 32").replace("epochs: 2", "epochs: 4"))
    planned = cli("plan", "tiny.yaml")
    assert "What is undecided then gets more seeds, up to 12: 48 runs at most." in planned.out

    done = cli("run", "tiny.yaml")
    assert done.code == 0, done.err
    shown = json.loads(cli("show", "tiny", "--json").out)
    seeds = {name: sum(run["variant"] == name for run in shown["runs"]) for name in ("baseline", "dropout=0.95")}
    clear = next(c for c in shown["contrasts"] if c["level"] == "0.95")
    slight = next(c for c in shown["contrasts"] if c["level"] == "0.01")
    assert clear["verdict"] == "worse"
    assert clear["n"] == seeds["dropout=0.95"] < slight["n"] == seeds["baseline"] == 12
    facts = shown["ladder"]
    assert (facts["looks"], facts["trained"] + facts["saved"]) == ([3, 6, 12], 48)
    assert facts["trained"] == len(shown["runs"])
    assert f"{facts['trained']} trainings in place of 48" in done.out

    again = cli("run", "tiny.yaml")
    assert "to train" not in again.err
    assert json.loads(cli("show", "tiny", "--json").out) == shown


def test_a_ladder_that_was_stopped_between_its_looks_goes_on_to_the_same_end(folder: Path, tiny: str) -> None:
    (folder / "tiny.yaml").write_text(tiny.replace("seeds: 2", "seeds: {start: 2, max: 4}"))
    study = Study.open("tiny.yaml")
    whole = study.run(home="whole", quiet=True)
    first = Study.open("tiny.yaml", ["seeds=2"])  # the runs of the first look
    first.run(home="stopped", quiet=True)
    resumed = study.run(home="stopped", quiet=True)
    assert resumed.summary["contrasts"] == whole.summary["contrasts"]
    assert resumed.summary["ladder"] == whole.summary["ladder"]
