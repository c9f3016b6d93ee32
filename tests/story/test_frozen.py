"""A study frozen before it trains: what runs, reports and reading verbs then say."""

import json
from pathlib import Path

import pytest

from paribus import Study
from paribus.freezing import content_hash
from paribus.spec.files import read_study
from paribus.store import Store


@pytest.mark.slow
def test_from_freezing_to_the_report(cli, folder: Path) -> None:
    done = cli("plan", "tiny.yaml", "--freeze")
    path, home = folder / "tiny.frozen.yaml", folder / "paribus-home"
    frozen = read_study(path)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == f"Frozen: {path} (sha256 {frozen['hash'][:12]}…)."
    assert not home.exists()
    again = cli("plan", "tiny.yaml", "--freeze", "--json")
    assert json.loads(again.out) == json.loads(cli("plan", "tiny.yaml", "--json").out)
    assert again.err.startswith(f"Frozen already, at {frozen['time']}: {path}")

    first = cli("run", "tiny.yaml")
    sentence = (
        f"frozen on {frozen['time'][:10]} (sha256 {frozen['hash'][:12]}…), before any of its runs, and ran as frozen."
    )
    assert first.code == 0
    assert sentence in first.out
    assert "Warning" not in first.err
    assert f"<dt>Frozen plan</dt><dd>This study was {sentence}</dd>" in (home / "reports" / "tiny.html").read_text()
    values = json.loads(cli("show", "tiny", "--json").out)
    entry = {"hash": frozen["hash"], "time": frozen["time"], "status": "as frozen", "changes": [], "already_stored": 0}
    assert values["frozen"] == entry
    assert Store(home).study_on_one("tiny").frozen.content == frozen

    # what was announced is what is reported
    (part,) = frozen["data"]
    told = [text for family in part["hypotheses"].values() for text in family]
    assert told == [
        f"{row['factor']} {row['level']} differs from {row['factor']} {row['reference']} in test accuracy"
        for row in values["contrasts"]
    ]
    assert part["recipes"] == {row["name"]: row["recipe"] for row in values["variants"]}
    assert part["runs"] == len(values["runs"])

    changed = cli("run", "tiny.yaml", "--set", "margin=0.1", "--json")
    assert "to train" not in changed.err
    assert changed.err.startswith("Warning: This study was frozen on ")
    assert changed.err.endswith(", before any of its runs; the margin was changed since.\n")
    assert json.loads(changed.out)["frozen"] == {**entry, "status": "changed", "changes": ["margin"]}
    assert "the margin was changed since." in cli("show", "tiny").out

    path.write_text(path.read_text().replace("margin: 0.005", "margin: 0.1"))
    tampered = cli("run", "tiny.yaml", "--set", "margin=0.1", "--json")
    assert tampered.code == 0
    assert "was changed after it was frozen, so it shows nothing" in tampered.err
    assert json.loads(tampered.out)["frozen"]["status"] == "tampered"

    path.unlink()
    looked = cli("plan", "tiny.yaml", "--freeze")
    assert looked.out.endswith("already_stored: 6 of 6 runs. A plan frozen after a look is worth less.\n")
    assert read_study(path)["already_stored"] == 6
    assert ", when 6 of its runs were stored already, and ran as frozen." in cli("run", "tiny.yaml").out

    path.unlink()
    assert json.loads(cli("run", "tiny.yaml", "--json").out)["frozen"] is None
    assert "frozen" not in cli("show", "tiny").out
    assert "Frozen plan" not in (home / "reports" / "tiny.html").read_text()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--seeds", "3"], "tiny.frozen.yaml holds another plan, frozen 2"),
        (["--quick"], "tiny-quick is a quick look: its numbers are no result"),
    ],
)
def test_mistakes_change_nothing(cli, contents, words: list[str], message: str) -> None:
    assert cli("plan", "tiny.yaml", "--freeze").code == 0
    before = contents()
    done = cli("plan", "tiny.yaml", "--freeze", *words)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert contents() == before


def test_a_file_that_is_no_frozen_plan_stops_a_run(cli, contents, folder: Path) -> None:
    (folder / "tiny.frozen.yaml").write_text("<<<<<<< ours\n")
    before = contents()
    done = cli("run", "tiny.yaml")
    assert (done.code, done.out) == (2, "")
    assert "tiny.frozen.yaml is no frozen plan" in done.err
    assert contents() == before


def test_a_study_over_several_data_sets_has_one_file(folder: Path) -> None:
    values = {
        "name": "two",
        "data": ["digits", {"source": "digits", "name": "raw", "scale": "none"}],
        "baseline": {"model": {"kind": "linear"}, "epochs": 1, "batch_size": 512},
        "seeds": 1,
    }
    study = Study.model_validate(values)
    frozen = study.freeze(study.plan())
    assert frozen.path == folder / "two.frozen.yaml"
    assert [part["study"] for part in frozen.content["data"]] == ["two.digits", "two.raw"]
    assert content_hash(frozen.content) == frozen.content["hash"]
    series = Study.model_validate({**values, "seeds": 2}).run(quiet=True)
    assert f"<p>{next(iter(series.parts.values())).frozen}</p>" in series.report().read_text()
    for part in series.parts.values():
        assert (part.summary["frozen"]["status"], part.summary["frozen"]["changes"]) == ("changed", ["seeds"])
        assert part.frozen.endswith("before any of its runs; the seeds were changed since.")
