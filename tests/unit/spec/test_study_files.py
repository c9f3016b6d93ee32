"""Study files: the design's example, the YAML twin, what YAML means here, and `--set`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paribus.errors import SpecError
from paribus.spec import StudySpec
from paribus.spec.files import overridden, parse_yaml, read_study, to_yaml

EXAMPLE = """\
name: fashion-depth
question: Does depth help a plain MLP on Fashion-MNIST?
data:
  source: fashion_mnist        # registered name | CSV / NPZ file | module:function
  scale: standard              # none | unit | standard | per-feature | l2-rows | l2-columns | image-columns
  fraction: 1.0
  validation: 0.1
baseline:
  model: {kind: mlp, width: 128, depth: 2, activation: relu}
  optimizer: {kind: adam, lr: 0.001}
  epochs: 30
  batch_size: 128
seeds: 5
metric: accuracy
margin: 0.005
factors:
  depth:
    vary: model.depth
    levels: [1, 2, 3, 5, 8]
    reference: 2
  optimizer:
    given: {model.width: 256}
    levels:
      SGD: {optimizer: {kind: sgd, lr: 0.01}}
      SGD + momentum: {optimizer: {kind: sgd, lr: 0.01, momentum: 0.9}}
      Adam: {optimizer: {kind: adam, lr: 0.001}}
"""


def square() -> dict[str, Any]:
    return {}


def twin(study: StudySpec) -> StudySpec:
    return StudySpec.model_validate(parse_yaml(to_yaml(study.model_dump(mode="json"))))


def test_the_example_of_the_design(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(EXAMPLE, encoding="utf-8")
    study = StudySpec.model_validate(read_study(tmp_path / "study.yaml"))
    assert study.seeds == (0, 1, 2, 3, 4)
    assert (study.baseline.epochs, study.baseline.model.width, study.margin) == (30, 128, 0.005)
    assert [recipe.model.depth for recipe in study.recipes("depth").values()] == [1, 2, 3, 5, 8]
    assert list(study.recipes("optimizer")) == ["SGD", "SGD + momentum", "Adam"]
    assert (study.reference("depth"), study.reference("optimizer")) == ("2", "Adam")


def test_the_twin_of_a_file_is_equal() -> None:
    study = StudySpec.model_validate(parse_yaml(EXAMPLE))
    assert twin(study) == study


def test_the_twin_of_a_study_made_in_python_is_equal(make_study: Callable[..., StudySpec]) -> None:
    study = make_study(
        question="Größer = besser? yes: no",
        data={"source": "my data.csv", "test": 0.25, "label": "on", "validation": 0.2},
        baseline={
            "model": {"kind": "mlp", "sizes": (100, 10), "dropout": 1e-7},
            "early_stopping": {"patience": 2, "min_delta": 1e-4},
            "keep": "best",
        },
        seeds=(7, 3),
        factors={
            "sizes": {"vary": "model.sizes", "levels": [[100, 10], [20], None]},
            "rate": {"given": {"epochs": 3}, "levels": {"1e-3": {"optimizer.lr": 1e-3}, "no": {"optimizer.lr": 0.5}}},
            "norm": {"vary": "model.batch_norm", "levels": [False, True], "reference": False},
        },
    )
    assert twin(study) == study
    assert twin(study).seeds == (7, 3)


def test_a_callable_is_written_by_its_name(make_study: Callable[..., StudySpec]) -> None:
    study = make_study(data={"source": square})
    assert twin(study).data.source == f"{__name__}:square"


@pytest.mark.parametrize("text", ["1e-3", "1.0e-3", "+1E-3", ".001", "0.001", "10e-4", "1.e-3"])
def test_every_way_to_write_a_thousandth_is_a_number(text: str) -> None:
    assert parse_yaml(f"lr: {text}") == {"lr": 0.001}


@pytest.mark.parametrize("text", ["e-3", "1e", "1e-3x", "'1e-3'"])
def test_what_is_no_number_stays_text(text: str) -> None:
    assert parse_yaml(f"lr: {text}") == {"lr": text.strip("'")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "line 3: the key 'a' stands twice; keep one of them."),
        ("a:\n  b: {c: 1, c: 2}", "line 2: the key 'c' stands twice"),
        ("a: [1, 2", "not valid YAML"),
        ("? [a]\n: 1", "line 1: not valid YAML: found unhashable key"),
        ("a: !!python/object/apply:os.getcwd []", "line 1: not valid YAML: could not determine a constructor"),
        ("a: \x07", "not valid YAML"),
    ],
)
def test_mistakes_in_yaml(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message.replace("(", r"\(")):
        parse_yaml(text)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text("[1, 2]")
    (tmp_path / "latin.yaml").write_bytes("name: Größe".encode("latin-1"))
    (tmp_path / "twice.yaml").write_text("a: 1\na: 1")
    for name, message in {
        "none.yaml": "Cannot read the study file .*none.yaml: No such file",
        "list.yaml": "a study file is a mapping with `name` and `data`, found list",
        "latin.yaml": "it is not UTF-8 text",
        "twice.yaml": r"twice.yaml: line 2: the key 'a' stands twice",
    }.items():
        with pytest.raises(SpecError, match=message):
            read_study(tmp_path / name)


def test_settings_are_laid_over_the_file_one_after_the_other() -> None:
    values = parse_yaml(EXAMPLE)
    settings = ["baseline.epochs=3", "seeds=[4, 2]", "baseline.optimizer={kind: sgd, lr: 1e-1}", "baseline.epochs=4"]
    study = StudySpec.model_validate(overridden(values, settings))
    assert (study.baseline.epochs, study.seeds) == (4, (4, 2))
    assert study.baseline.optimizer.model_dump() == {
        "kind": "sgd", "lr": 0.1, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0,
        "conventions": "pytorch",
    }  # fmt: skip
    assert study.baseline.model.width == 128
    assert values == parse_yaml(EXAMPLE)


def test_a_setting_may_hold_an_equals_sign() -> None:
    assert overridden({}, ["question=Is a=b?"]) == {"question": "Is a=b?"}


@pytest.mark.parametrize("setting", ["epochs", "=3", ""])
def test_a_setting_needs_a_path_and_a_value(setting: str) -> None:
    with pytest.raises(SpecError, match=f"--set takes path=value, such as baseline.epochs=20, found {setting!r}"):
        overridden({}, [setting])


def test_a_setting_changes_the_default_part_where_the_study_names_none() -> None:
    values = {"name": "a", "data": {"source": "x"}}
    study = StudySpec.model_validate(overridden(values, ["baseline.model.width=64", "baseline.optimizer={lr: 0.5}"]))
    assert study.recipe().model.model_dump()["width"] == 64
    assert (study.baseline.optimizer.kind, study.baseline.optimizer.lr) == ("adam", 0.5)
    other = {**values, "baseline": {"model": {"kind": "linear"}, "epochs": 3}}
    assert overridden(other, ["baseline.model.kind=mlp"])["baseline"] == {"model": {"kind": "mlp"}, "epochs": 3}
    assert overridden(values, ["baseline.model.kind=linear"])["baseline"] == {"model": {"kind": "linear"}}


def test_a_part_without_its_kind_stays_a_mistake() -> None:
    values = {"name": "a", "data": {"source": "x"}, "baseline": {"model": {"depth": 1}}}
    with pytest.raises(SpecError, match=r"baseline\.model\.kind: must name a known model, found none"):
        StudySpec.model_validate(overridden(values, ["baseline.model.width=64"]))


def test_a_setting_wins_over_a_dotted_path_of_the_file() -> None:
    factor = {"given": {"model.width": 256}, "levels": {"low": {}, "high": {"optimizer.lr": 0.1}}}
    settings = ["factors.rate.levels.high.optimizer.lr=0.5", "factors.rate.given.model.width=64"]
    found = overridden({"name": "a", "factors": {"rate": factor}}, settings)["factors"]["rate"]
    assert found == {
        "given": {"model": {"width": 64}},
        "levels": {"low": {}, "high": {"optimizer": {"lr": 0.5}}},
    }


def test_settings_of_a_search_name_whole_paths_and_an_empty_mapping_removes() -> None:
    values = {"tune": {"space": {"optimizer.lr": [0.1, 0.2]}}, "factors": {"a": {"vary": "epochs", "levels": [1, 2]}}}
    found = overridden(values, ["tune.space.optimizer.lr=[0.3, 0.4]", "tune.max_epochs=3", "factors={}"])
    assert found == {"tune": {"space": {"optimizer.lr": [0.3, 0.4]}, "max_epochs": 3}, "factors": {}}


def test_a_setting_below_a_part_that_is_written_as_its_name() -> None:
    found = overridden({"baseline": {"model": "own:net"}}, ["baseline.model.width=64"])
    assert found == {"baseline": {"model": {"kind": "own:net", "width": 64}}}


@pytest.mark.parametrize("text", ["2024-02-30", "2024-13-45"])
def test_a_date_that_does_not_exist_is_a_mistake(text: str) -> None:
    with pytest.raises(SpecError, match="put it in quotes"):
        parse_yaml(f"name: {text}")


def test_a_merged_key_that_is_written_again_stands_once() -> None:
    text = "a: &a {x: 1, y: 2}\nq:\n  b: &b {<<: *a, x: 3}\nc: {<<: *b, y: 4}\n"
    assert parse_yaml(text)["c"] == {"x": 3, "y": 4}
    with pytest.raises(SpecError, match="line 1: the key 'x' stands twice"):
        parse_yaml("a: {x: 1, x: 2}")
