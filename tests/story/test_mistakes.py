"""Every mistake in a study gets one short letter that says what was found and what is allowed; nothing is written."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from paribus.spec.patch import patched

GOOD: dict[str, Any] = {
    "name": "tiny",
    "data": {"source": "digits", "validation": 0.1},
    "baseline": {
        "model": {"kind": "mlp", "width": 8, "depth": 1},
        "optimizer": {"kind": "adam", "lr": 0.01},
        "epochs": 1,
    },
    "seeds": 2,
    "factors": {"depth": {"vary": "model.depth", "levels": [1, 2]}},
}
NAMED = {"A": {"optimizer.lr": 0.1}, "B": {"optimizer.lr": 0.2}}

# What is changed in the study above, and the words that the message must hold.
STUDIES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "name with a space": ({"name": "a b"}, ["name:", "letters, digits", "found 'a b'"]),
    "name that is a number": ({"name": 7}, ["name:", "letters, digits", "found 7"]),
    "name with a slash": ({"name": "../a"}, ["name:", "found '../a'"]),
    "seeds 0": ({"seeds": 0}, ["seeds: must be at least 1, found 0"]),
    "seeds negative": ({"seeds": -3}, ["seeds: must be at least 1, found -3"]),
    "a seed negative": ({"seeds": [0, -1]}, ["seeds: must be whole numbers from 0 up, found [0, -1]"]),
    "a seed too large": (
        {"seeds": [5, 2**63]},
        ["seeds[1]: must be at most 9223372036854775807, found a number of 64"],
    ),
    "seeds twice": ({"seeds": [1, 2, 1]}, ["seeds: must differ from each other, found [1, 2, 1]"]),
    "seeds true": ({"seeds": True}, ["seeds:", "found True"]),
    "seeds empty": ({"seeds": []}, ["seeds:", "found []"]),
    "epochs in words": ({"baseline.epochs": "ten"}, ["baseline.epochs: must be a whole number, found 'ten'"]),
    "half an epoch": ({"baseline.epochs": 1.5}, ["baseline.epochs: must be a whole number, found 1.5"]),
    "no epoch": ({"baseline.epochs": 0}, ["baseline.epochs:", "greater than or equal to 1", "found 0"]),
    "batch of none": ({"baseline.batch_size": 0}, ["baseline.batch_size:", "greater than or equal to 1, found 0"]),
    "lr negative": ({"baseline.optimizer.lr": -1}, ["baseline.optimizer.lr:", "greater than 0, found -1"]),
    "lr 0": ({"baseline.optimizer.lr": 0}, ["baseline.optimizer.lr:", "greater than 0, found 0"]),
    "lr not finite": ({"baseline.optimizer.lr": float("inf")}, ["baseline.optimizer.lr:", "finite", "found inf"]),
    "dropout 1": ({"baseline.model.dropout": 1.0}, ["baseline.model.dropout: must be less than 1, found 1.0"]),
    "validation 1.5": (
        {"data.validation": 1.5},
        ["data.validation: must be a share from 0 to below 1, {last: 0.2}, {folds: 5} or test, found 1.5"],
    ),
    "validation takes all": (
        {"data.validation": 0.999},
        ["data.validation 0.999 of 1438 rows leave none for training", "Choose other shares"],
    ),
    "validation takes none": ({"data.validation": 0.0001}, ["data.validation 0.0001 of 1438 rows", "for validation"]),
    "fraction too small": ({"data.fraction": 0.0001}, ["data.fraction 0.0001", "none for training"]),
    "fraction above 1": ({"data.fraction": 2}, ["data.fraction: must be less than or equal to 1, found 2"]),
    "test share 1": ({"data.test": 1.0}, ["data.test:", "between 0 and 1", "found 1.0"]),
    "margin negative": ({"margin": -0.1}, ["margin: must be greater than or equal to 0, found -0.1"]),
    "unknown model": (
        {"baseline.model": {"kind": "mpl"}},
        ["baseline.model.kind:", "found 'mpl'", "Did you mean 'mlp'?", "linear"],
    ),
    "unknown optimizer": (
        {"baseline.optimizer": {"kind": "adaw"}},
        ["baseline.optimizer.kind:", "found 'adaw'", "Did you mean 'adamw'?", "rmsprop"],
    ),
    "optimizer without kind": (
        {"baseline": {"model": {"kind": "mlp"}, "optimizer": "adam"}},
        ["baseline.optimizer: must be a mapping with the key 'kind', found 'adam'", "adamw"],
    ),
    "unknown scale": ({"data.scale": "standart"}, ["data.scale:", "found 'standart'", "Did you mean 'standard'?"]),
    "unknown metric": ({"metric": "acuracy"}, ["metric:", "found 'acuracy'", "Did you mean 'accuracy'?", "f1_macro"]),
    "data of an unknown user": ({"data.source": "~no-one/x.csv"}, ["~no-one/x.csv does not exist"]),
    "unknown source": (
        {"data.source": "fashion_mnist_mni"},
        ["'fashion_mnist_mni'", "Did you mean 'fashion_mnist_mini'?", "digits", ".npz", "module:function"],
    ),
    "unknown activation": (
        {"baseline.model.activation": "rleu"},
        ["baseline.model.activation:", "found 'rleu'", "Did you mean 'relu'?", "gelu"],
    ),
    "misspelt key": ({"sedes": 3}, ["sedes: is unknown here", "Did you mean 'seeds'?", "factors"]),
    "misspelt key of data": ({"data.validaton": 0.1}, ["data.validaton: is unknown", "Did you mean 'validation'?"]),
    "misspelt key of the baseline": ({"baseline.epoch": 3}, ["baseline.epoch: is unknown", "Did you mean 'epochs'?"]),
    "misspelt option": (
        {"baseline.optimizer.lrr": 3},
        ["baseline.optimizer.lrr: is unknown", "Did you mean 'lr'?", "beta1"],
    ),
    "option of another optimizer": (
        {"baseline.optimizer.momentum": 0.9},
        ["baseline.optimizer.momentum: is unknown here", "beta1"],
    ),
    "misspelt key of early stopping": (
        {"baseline.early_stopping": {"patince": 3}},
        ["baseline.early_stopping.patince: is unknown", "Did you mean 'patience'?"],
    ),
    "misspelt key of a factor": (
        {"factors.depth.level": [1, 2]},
        ["factors.depth.level: is unknown", "Did you mean 'levels'?", "vary"],
    ),
    "misspelt change of a level": (
        {"factors": {"o": {"levels": {**NAMED, "B": {"optimzer.lr": 0.2}}}}},
        ["factors.o.levels.B", "optimzer: is unknown", "Did you mean 'optimizer'?"],
    ),
    "misspelt given": (
        {"factors.depth.given": {"model.widht": 4}},
        ["factors.depth.given", "model.widht: is unknown", "Did you mean 'width'?"],
    ),
    "path that is unknown": (
        {"factors.depth.vary": "model.dept"},
        ["factors.depth.levels[0]", "model.dept: is unknown", "Did you mean 'depth'?"],
    ),
    "path outside the recipe": ({"factors.depth.vary": "seeds"}, ["factors.depth", "seeds: is unknown", "batch_size"]),
    "level of another type": (
        {"factors.depth.levels": [1, "two"]},
        ["factors.depth.levels[1]", "model.depth: must be a whole number, found 'two'"],
    ),
    "level out of range": ({"factors.depth.levels": [1, 0]}, ["factors.depth.levels[1]", "model.depth", "found 0"]),
    "unknown level": (
        {"factors.depth.vary": "model.activation", "factors.depth.levels": ["relu", "tahn"]},
        ["factors.depth.levels[1]", "model.activation", "found 'tahn'", "Did you mean 'tanh'?"],
    ),
    "no level": ({"factors.depth.levels": []}, ["factors.depth.levels: must have at least 2, found []"]),
    "one level": ({"factors.depth.levels": [1]}, ["factors.depth.levels: must have at least 2, found [1]", "baseline"]),
    "equal levels": ({"factors.depth.levels": [1, 1]}, ["factors.depth.levels: levels must differ, found [1, 1]"]),
    "levels that come to the same": (
        {"factors": {"o": {"levels": {"A": {"optimizer.lr": 0.1}, "B": {"optimizer": {"lr": 0.1}}}}}},
        ["factors.o.levels.B", "same network", "'A'"],
    ),
    "levels that are no list": ({"factors.depth.levels": 3}, ["factors.depth.levels: must be a list", "found 3"]),
    "levels without vary": ({"factors": {"o": {"levels": [1, 2]}}}, ["factors.o.levels:", "a mapping", "`vary`"]),
    "level named by a number": (
        {"factors": {"o": {"levels": {1: {"optimizer.lr": 0.1}, 2: {}}}}},
        ["factors.o.levels.1: must be a text, found 1", "quotes"],
    ),
    "level without changes": (
        {"factors": {"o": {"levels": {**NAMED, "B": None}}}},
        ["factors.o.levels.B: must be a mapping of changes", "found None"],
    ),
    "factor without levels": ({"factors": {"depth": {"vary": "model.depth"}}}, ["factors.depth.levels: is missing"]),
    "factor that is empty": ({"factors.depth": None}, ["factors.depth: must be a mapping, found None"]),
    "reference that is no level": (
        {"factors.depth.reference": 3},
        ["factors.depth.reference: must be one of the levels, found '3'", "Known: 1, 2"],
    ),
    "data that is no mapping": ({"data": "digits"}, ["data: must be a mapping, found 'digits'"]),
    "class weights of another number of classes": (
        {"baseline.class_weights": [1.0, 2.0]},
        ["baseline: class_weights has 2 numbers for 10 classes; give one each."],
    ),
    "class weights of another number in the middle of a space": (
        {
            "factors": {"o": {"levels": {"own": {}, "found": {"tuned": True}}}},
            "tune": {"algorithm": "random", "space": {"class_weights": [None, [1.0, 2.0], "balanced"]}},
        },
        ["tune.space: class_weights has 2 numbers for 10 classes"],
    ),
    "best epoch without validation": (
        {"data.validation": 0, "baseline.keep": "best"},
        ["baseline:", "need validation rows, found data.validation = 0"],
    ),
    "best epoch without validation or factors": (
        {"data.validation": 0, "baseline.keep": "best", "factors": {}},
        ["baseline:", "need validation rows"],
    ),
}

# What the study names as its data, and the words that the message must hold.
SOURCES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "CSV that is not there": ({"source": "no.csv"}, ["no.csv does not exist", "relative to the study"]),
    "CSV with text among the pixels": (
        {"source": "text.csv"},
        ["text.csv, line 3, column 'pixel1': 'dark' is no number", "Encode text as numbers"],
    ),
    "CSV with missing values": (
        {"source": "gaps.csv"},
        ["gaps.csv, line 3, column 'pixel0': '' is the first of 2 missing values", "Fill them in"],
    ),
    "CSV without the label": (
        {"source": "good.csv", "label": "lable"},
        ["good.csv has no column 'lable'", "Did you mean 'label'?", "pixel0, pixel1, label", "data.label"],
    ),
    "CSV of one class": ({"source": "same.csv"}, ["same.csv", "every label is '0'", "At least two classes"]),
    "CSV for testing that is not there": ({"source": "good.csv", "test": "t.csv"}, ["t.csv does not exist"]),
    "NPZ without keys": (
        {"source": "keys.npz"},
        ["keys.npz lacks x, y; found images, labels", "x_train, y_train, x_test, y_test"],
    ),
    "NPZ that is none": ({"source": "text.npz"}, ["text.npz", "cannot be read", "numpy.savez"]),
    "NPZ with objects": ({"source": "objects.npz"}, ["objects.npz", "no objects"]),
    "file of another kind": ({"source": "a.xlsx"}, ["'a.xlsx'", ".csv", ".npz"]),
    "module that is not there": ({"source": "nowhere:data"}, ["nowhere:data", "there is no module 'nowhere'"]),
    "module without a name": ({"source": ":data"}, [":data", "importing '' raised ValueError"]),
    "module that imports what is not there": (
        {"source": "needs:data"},
        ["needs:data", "ModuleNotFoundError: No module named 'no_such_library'", "needs.py, line 1"],
    ),
    "module with bad syntax": ({"source": "syntax:data"}, ["syntax:data", "SyntaxError", "syntax.py"]),
    "function that is not there": (
        {"source": "own:rubish"},
        ["own has no function 'rubish'", "Did you mean 'rubbish'?", "raises"],
    ),
    "function that returns rubbish": (
        {"source": "own:rubbish"},
        ["own:rubbish returned int", "Dataset", "x_train, y_train"],
    ),
    "texts without features": (
        {"source": "reviews"},
        ["reviews holds texts: say how they become features, as in `data.text: {kind: tfidf}`"],
    ),
    "features of what is no text": (
        {"source": "digits", "text": {"kind": "tfidf"}},
        ["digits holds no texts, but data.text says how they become features: remove it"],
    ),
    "texts that are scaled": (
        {"source": "reviews", "text": {"kind": "tfidf"}, "scale": "standard"},
        ["data.scale: must be none or l2-rows for texts, found 'standard'"],
    ),
    "text features misspelt": (
        {"source": "reviews", "text": {"kind": "tf-idf"}},
        ["data.text.kind: must be one of these, found 'tf-idf'", "Did you mean 'tfidf'?"],
    ),
    "text that is not UTF-8": (
        {"source": "latin", "text": {"kind": "tfidf"}},
        ["latin/good/1.txt cannot be read as text", "UTF-8"],
    ),
    "table of texts with more columns": (
        {"source": "good.csv", "text": {"kind": "tfidf"}, "text_column": "pixel0"},
        ["good.csv has columns beside the texts 'pixel0' and the label 'label': pixel1", "data.text_column"],
    ),
    "function that raises": ({"source": "own:raises"}, ["own:raises raised ValueError: no luck", "own.py, line 4"]),
}

# The text of the study file, and the words that the message must hold.
TEXTS: dict[str, tuple[str, list[str]]] = {
    "bad YAML": ("name: [\n", ["tiny.yaml: line 2: not valid YAML"]),
    "a tab": ("name: a\n\tdata: 1\n", ["tiny.yaml: line 2: not valid YAML", "'\\t'"]),
    "a key twice": ("name: a\nseeds: 1\nname: b\n", ["tiny.yaml: line 3: the key 'name' stands twice"]),
    "a key twice further in": ("data: {source: a, source: b}\n", ["tiny.yaml: line 1: the key 'source' stands twice"]),
    "a key that is a list": ("? [1, 2]\n: 3\n", ["tiny.yaml: line 1: not valid YAML", "unhashable key"]),
    "a list": ("- name\n", ["tiny.yaml: a study file is a mapping", "found list"]),
    "nothing": ("", ["tiny.yaml: a study file is a mapping", "found NoneType"]),
    "code": ("name: !!python/object:os.system x\n", ["tiny.yaml: line 1: not valid YAML", "python/object"]),
    "no name": ("data: {source: digits}\n", ["name: is missing"]),
    "no data": ("name: a\n", ["data: is missing"]),
}

# What follows `paribus run`, and the words that the message must hold.
WORDS: dict[str, tuple[list[str], list[str]]] = {
    "file that is not there": (["other.yaml"], ["other.yaml", "No such file"]),
    "file of an unknown user": (["~no-one/other.yaml"], ["~no-one/other.yaml", "No such file"]),
    "built-in study misspelt": (["quikstart"], ["'quikstart'", "Did you mean 'quickstart'?", ".yaml"]),
    "folder": (["."], ["No built-in study '.'"]),
    "--set without a value": (["tiny.yaml", "--set", "seeds"], ["--set takes path=value", "found 'seeds'"]),
    "--set without a path": (["tiny.yaml", "--set", "=3"], ["--set takes path=value", "found '=3'"]),
    "--set of no YAML": (["tiny.yaml", "--set", "seeds=["], ["--set seeds=[:", "not valid YAML"]),
    "--set of an unknown path": (["tiny.yaml", "--set", "baseline.epoch=3"], ["baseline.epoch", "'epochs'"]),
    "--set of another type": (["tiny.yaml", "--set", "baseline.epochs=x"], ["baseline.epochs", "found 'x'"]),
    "--seeds 0": (["tiny.yaml", "--seeds", "0"], ["seeds: must be at least 1, found 0"]),
    "--seeds in words": (["tiny.yaml", "--seeds", "two"], ["--seeds", "integer"]),
    "--workers -1": (["tiny.yaml", "--workers", "-1"], ["--workers", "0"]),
    "home that is a file": (["tiny.yaml", "--home", "tiny.yaml"], ["Cannot use the home", "tiny.yaml", "--home"]),
    "unknown option": (["tiny.yaml", "--worker", "2"], ["--worker"]),
    "no study": ([], ["STUDY"]),
}


@pytest.fixture
def refused(cli, folder: Path, contents, monkeypatch: pytest.MonkeyPatch):
    """Run a study that is wrong, and read the message about it."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def run(words: list[str], expected: list[str]) -> None:
        before = contents()
        done = cli("run", *words)
        assert done.code == 2, done
        assert done.out == ""
        for word in expected:
            assert word in done.err
        assert "Traceback" not in done.err
        assert len([line for line in done.err.splitlines() if line.startswith("Error: ")]) == 1
        assert contents() == before

    return run


@pytest.mark.parametrize("case", STUDIES)
def test_study(refused, folder: Path, case: str) -> None:
    change, expected = STUDIES[case]
    replaced = {key: value for key, value in change.items() if "." not in key}
    (folder / "tiny.yaml").write_text(yaml.safe_dump(patched(GOOD, change) | replaced))
    refused(["tiny.yaml"], expected)


@pytest.mark.parametrize("case", SOURCES)
def test_source(refused, folder: Path, case: str) -> None:
    rows = [f"{number},{number % 7},{number % 2}\n" for number in range(20)]
    head = "pixel0,pixel1,label\n"
    (folder / "good.csv").write_text(head + "".join(rows))
    (folder / "text.csv").write_text(head + rows[0] + "3,dark,1\n" + "".join(rows))
    (folder / "gaps.csv").write_text(head + rows[0] + ",1,1\n2,?,0\n" + "".join(rows))
    (folder / "same.csv").write_text(head + "1,2,0\n" * 9)
    np.savez(folder / "keys.npz", images=np.zeros((4, 2)), labels=np.arange(4) % 2)
    np.savez(folder / "objects.npz", x=np.array([{}, {}]), y=np.arange(2))
    (folder / "text.npz").write_text("no archive")
    for name in [f"{place}/{kind}/{at}.txt" for place in ("reviews", "latin") for kind in "ab" for at in range(5)]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"text {name}")
    (folder / "latin" / "good").mkdir()
    (folder / "latin" / "good" / "1.txt").write_bytes(b"caf\xe9")
    (folder / "needs.py").write_text("import no_such_library\n")
    (folder / "syntax.py").write_text("def (\n")
    (folder / "own.py").write_text("def rubbish():\n    return 7\ndef raises():\n    raise ValueError('no luck')\n")
    values, expected = SOURCES[case]
    (folder / "tiny.yaml").write_text(yaml.safe_dump({**GOOD, "data": values}))
    refused(["tiny.yaml"], expected)


@pytest.mark.parametrize("case", TEXTS)
def test_text(refused, folder: Path, case: str) -> None:
    text, expected = TEXTS[case]
    (folder / "tiny.yaml").write_text(text)
    refused(["tiny.yaml"], expected)


@pytest.mark.parametrize("case", WORDS)
def test_words(refused, case: str) -> None:
    refused(*WORDS[case])


def test_an_image_model_on_texts(refused, folder: Path) -> None:
    (folder / "own.py").write_text("def texts():\n    return {'x': ['good film', 'bad film'] * 9, 'y': [0, 1] * 9}\n")
    data = {"source": "own:texts", "text": {"kind": "tfidf", "max_features": 50}}
    study = {**GOOD, "data": data, "baseline": {"model": {"kind": "cnn"}}, "factors": {}}
    (folder / "tiny.yaml").write_text(yaml.safe_dump(study))
    refused(["tiny.yaml"], ["baseline: this model needs images, but the items have shape (50,); use linear, mlp"])


def test_texts_are_planned_by_their_number_of_features(cli, folder: Path) -> None:
    (folder / "own.py").write_text("def texts():\n    return {'x': ['good film', 'bad film'] * 9, 'y': [0, 1] * 9}\n")
    data = {"source": "own:texts", "text": {"kind": "tfidf", "max_features": 50}}
    factors = {"features": {"vary": "data.text.max_features", "levels": [50, 70]}}
    (folder / "tiny.yaml").write_text(yaml.safe_dump({**GOOD, "data": data, "factors": factors}))
    planned = json.loads(cli("plan", "tiny.yaml", "--json").out)
    found = {variant["name"]: variant["parameters"] for variant in planned["variants"]}
    assert found == {"baseline": 51 * 8 + 9 * 2, "features=70": 71 * 8 + 9 * 2}


def test_several_mistakes_are_told_at_once(cli, folder: Path) -> None:
    (folder / "tiny.yaml").write_text("name: a b\nseeds: 0\nmargin: -1\ndata: {source: digits}\n")
    done = cli("run", "tiny.yaml")
    assert done.code == 2
    assert [line.removeprefix("Error: ").split(":")[0] for line in done.err.splitlines()] == ["name", "seeds", "margin"]


def test_the_study_that_they_depart_from_is_good(cli, folder: Path) -> None:
    (folder / "tiny.yaml").write_text(yaml.safe_dump(GOOD))
    assert cli("plan", "tiny.yaml").code == 0


def test_in_a_process_of_its_own(shell, folder: Path) -> None:
    (folder / "tiny.yaml").write_text(yaml.safe_dump(patched(GOOD, {"baseline.optimizer.kind": "adamm"})))
    done = shell("run", "tiny.yaml")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(
        "Error: baseline.optimizer.kind: must name a known optimizer, found 'adamm'. Did you mean"
    )
    assert len(done.err.splitlines()) == 1
