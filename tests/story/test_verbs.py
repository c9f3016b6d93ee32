"""The verbs that do not train: what they print, and that they leave everything as it was."""

import json
from pathlib import Path

import pytest
import yaml

from paribus.data import load
from paribus.planning import plan_study
from paribus.running.record import series_values
from paribus.spec import DataSpec
from paribus.store import Store
from paribus.study import Study


def test_init_writes_a_study_that_plans(cli, folder: Path) -> None:
    done = cli("init")
    assert (done.code, done.err) == (0, "")
    assert "paribus plan study.yaml" in done.out
    forecast = json.loads(cli("plan", "study.yaml", "--json").out)
    assert (forecast["study"], forecast["runs"], forecast["stored"]) == ("study", 15, 0)
    assert cli("init", "deeper/my-study.yml").code == 0
    assert yaml.safe_load((folder / "deeper" / "my-study.yml").read_text())["name"] == "my-study"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("tiny.yaml", "tiny.yaml is already there"),
        ("study.txt", "ends in .yaml, found 'study.txt'"),
        ("my study.yaml", "found 'my study'"),
    ],
)
def test_init_refuses(cli, contents, name: str, words: str) -> None:
    before = contents()
    done = cli("init", name)
    assert done.code == 2
    assert words in done.err
    assert contents() == before


@pytest.mark.parametrize("name", ["/proc/a.yaml", "tiny.yaml/a.yaml", "a" * 300 + ".yaml"])
def test_init_where_nothing_can_be_written(cli, contents, name: str) -> None:
    before = contents()
    done = cli("init", name)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"Error: Cannot write {name}: ")
    assert contents() == before


def test_plan_says_what_would_train_and_writes_nothing(cli, contents) -> None:
    before = contents()
    text = cli("plan", "tiny.yaml")
    values = json.loads(cli("plan", "tiny.yaml", "--json").out)
    assert contents() == before
    assert text.code == 0
    assert "6 runs (2 more are shared between levels) in 3 cohorts, 0 stored." in text.out
    assert "6 to train: about" in text.out
    assert "a rough guess" in text.out
    assert [values[name] for name in ("study", "runs", "stored")] == ["tiny", 6, 0]
    assert [variant["name"] for variant in values["variants"]] == ["baseline", "depth=2", "dropout=0.5"]
    # 64 pixels, hidden layers of 8, 10 classes; a weight for each pair, and a bias each
    assert [variant["parameters"] for variant in values["variants"]] == [610, 682, 610]
    keys = [key for variant in values["variants"] for key in variant["seeds"].values()]
    assert sorted(key for cohort in values["cohorts"] for key in cohort) == sorted(keys)
    study = Study.open("tiny.yaml")
    fingerprint = load(DataSpec(source="digits"), Path()).fingerprint
    assert keys == [run.key for run in plan_study(study, fingerprint).runs]


def test_plan_counts_the_folds_that_factors_share(cli) -> None:
    text = cli("plan", "tiny.yaml", "--set", "data.validation={folds: 3}").out
    assert "18 runs (6 more are shared between levels)" in text


def test_settings_and_seeds_change_the_plan(cli) -> None:
    words = ["--seeds", "3", "--set", "baseline.epochs=7", "--set", "factors.depth.levels=[1, 3, 4]"]
    values = json.loads(cli("plan", "tiny.yaml", *words, "--json").out)
    assert values["runs"] == 4 * 3
    assert {variant["recipe"]["epochs"] for variant in values["variants"]} == {7}
    assert "depth=4" in [variant["name"] for variant in values["variants"]]


def test_built_in_studies_are_listed_and_printed(cli) -> None:
    told = json.loads(cli("studies", "--json").out)
    text = cli("studies").out
    assert len(told) == 6
    for name, question in told.items():
        assert question.endswith("?")
        (line,) = (line for line in text.splitlines() if line.startswith(f"{name} "))
        assert question in line
        printed = yaml.safe_load(cli("studies", name).out)
        assert printed == json.loads(cli("studies", name, "--json").out)
    assert cli("plan", "quickstart").code == 0
    wrong = cli("studies", "quikstart")
    assert wrong.code == 2
    assert "Did you mean 'quickstart'?" in wrong.err


def test_schema_names_every_part(cli) -> None:
    text = cli("schema").out
    schema = json.loads(text)
    assert {"name", "data"} <= set(schema["required"])
    assert set(schema["properties"]) == set(Study.model_fields)
    for word in ("rmsprop", "nesterov", "batch_norm", "per-feature", "early_stopping"):
        assert word in text


def test_data_sets_are_listed_with_their_places(cli) -> None:
    values = json.loads(cli("data", "list", "--json").out)
    text = cli("data", "list").out
    assert {"digits", "fashion_mnist", "fashion_mnist_mini", "mnist"} <= set(values)
    assert values["digits"]["from"] == [["bundled", "installed with paribus"]]
    assert all(name in text for name in values)


def test_a_data_set_is_described(cli, folder: Path) -> None:
    values = json.loads(cli("data", "show", "digits", "--json").out)
    assert values["rows"]["train"] + values["rows"]["test"] == 1797
    text = cli("data", "show", "digits").out
    assert values["fingerprint"][:16] in text
    assert "8 x 8 uint8, 0 to 16" in text
    (folder / "own.csv").write_text("a,b,kind\n" + "1,2,x\n3,4,y\n" * 10)
    own = json.loads(cli("data", "show", "own.csv", "--label", "kind", "--json").out)
    assert own["class_counts"] == {"train": {"x": 8, "y": 8}, "test": {"x": 2, "y": 2}}
    assert own["overlap"] == 4
    assert own["duplicates"] == {"train": 14, "test": 2}
    got = cli("data", "get", "digits")
    assert got.code == 0
    assert values["fingerprint"][:16] in got.out


@pytest.mark.parametrize("verb", ["show", "get"])
def test_a_data_set_that_is_none(cli, verb: str) -> None:
    done = cli("data", verb, "digit")
    assert done.code == 2
    assert "Did you mean 'digits'?" in done.err


def test_doctor_examines_and_writes_nothing(cli, contents, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARIBUS_WORKERS")
    before = contents()
    values = json.loads(cli("doctor", "--json").out)
    text = cli("doctor").out
    assert contents() == before
    assert values["home"]["directory"] == str(folder / "paribus-home")
    assert (values["home"]["studies"], values["home"]["faults"]) == (0, [])
    assert values["engine"]["workers"] >= 1
    assert set(values["data"]) >= {"digits", "mnist"}
    for section, entries in values.items():
        assert f"{section}\n" in text
        assert all(name in text for name in entries)


@pytest.mark.parametrize("words", [["list"], ["show", "tiny"], ["report", "tiny"], ["list", "--json"]])
@pytest.mark.parametrize("there", [False, True])
def test_reading_makes_no_home(cli, contents, folder: Path, words: list[str], there: bool) -> None:
    if there:
        (folder / "home").mkdir()
    before = contents()
    done = cli(*words, "--home", "home")
    assert done.code == 2
    assert (done.out, done.err) == (
        "",
        "Error: No studies in home. Run one with `paribus run STUDY`, or give --home.\n",
    )
    assert contents() == before


def test_an_interrupted_verb_exits_130(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("paribus.studies.read_study", interrupt)
    assert cli("plan", "tiny.yaml").code == 130
    assert cli("run", "tiny.yaml").code == 130


def test_help_names_the_verbs(cli) -> None:
    text = cli("--help").out
    verbs = ("init", "studies", "plan", "run", "list", "show", "report", "schema", "doctor", "data")
    assert all(f"  {verb} " in text for verb in verbs)
    assert cli().code == 2


@pytest.mark.parametrize("name", ["2024", "no", "2024-01-15"])
def test_a_name_that_yaml_would_take_for_something_else_is_quoted(cli, folder: Path, name: str) -> None:
    assert cli("init", f"{name}.yaml").code == 0
    assert cli("plan", f"{name}.yaml").code == 0


def test_a_series_without_its_parts_yet_is_interrupted(cli, folder: Path) -> None:
    """As a kill between the two would leave it."""
    study = Study(name="a", data=[{"source": "digits", "name": "x"}, {"source": "digits", "name": "y"}])
    Store(folder / "paribus-home").save_study(study.name, series_values(study, ["a.x", "a.y"]))
    (row,) = json.loads(cli("list", "--json").out)
    assert (row["study"], row["status"], row["runs"]) == ("a", "interrupted", 0)
