"""One study over two data sets, from its file to the report."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from paribus import StoreError, Study, load
from paribus.data.sources.fashion_mnist_mini import fashion_mnist_mini
from paribus.store import Store

TWO = """\
name: two
question: Does depth matter, here and there?
data:
  - digits
  - {source: mini.npz, fraction: 0.8}
baseline:
  model: {kind: mlp, width: 8, depth: 1}
  optimizer: {kind: adam, lr: 0.01}
  epochs: 2
  batch_size: 256
seeds: 2
factors:
  depth: {vary: model.depth, levels: [1, 2]}
"""


@pytest.fixture
def two(folder: Path) -> Path:
    (folder / "two.yaml").write_text(TWO)
    all_of_it = fashion_mnist_mini()
    arrays = {name: getattr(all_of_it, name)[:200] for name in ("x_train", "y_train", "x_test", "y_test")}
    np.savez(folder / "mini.npz", **arrays, class_names=all_of_it.class_names)
    return folder / "paribus-home"


@pytest.mark.slow
def test_two_data_sets_from_a_file_to_a_report(cli: Callable, two: Path, folder: Path) -> None:
    planned = json.loads(cli("plan", "two.yaml", "--json").out)
    assert (planned["study"], planned["runs"], planned["stored"]) == ("two", 8, 0)
    assert [part["study"] for part in planned["parts"]] == ["two.digits", "two.mini"]
    assert not two.exists()

    first = cli("run", "two.yaml")
    assert (first.code, first.err.splitlines()[0]) == (0, "0 of 8 runs stored, 8 to train")
    assert "two.digits: 4 runs, 4 finished" in first.out
    assert "two: 2 data sets side by side" in first.out
    assert {file.name for file in (two / "reports").iterdir()} == {"two.html", "two.digits.html", "two.mini.html"}

    again = cli("run", "two.yaml", "--json")
    assert (again.code, again.err) == (0, "")
    shown = cli("show", "two", "--json")
    assert shown.out == again.out
    values = json.loads(shown.out)
    assert list(values) == ["study", "status", "parts", "across"]
    assert (values["study"], values["status"]) == ("two", "finished")
    for name, part in zip(("two.digits", "two.mini"), values["parts"], strict=True):
        assert part == json.loads(cli("show", name, "--json").out)
    check_across(values)
    assert cli("plan", "two.yaml").out.count("Nothing to train.") == 2

    told = {row["study"]: (row["status"], row["runs"], row["stored"]) for row in json.loads(cli("list", "--json").out)}
    assert told == {"two": ("finished", 8, 8)} | dict.fromkeys(("two.digits", "two.mini"), ("finished", 4, 4))
    assert cli("report", "two", "-o", "out/r.html").out == f"{folder / 'out' / 'r.html'}\n"
    assert {file.name for file in (folder / "out").iterdir()} == {"r.html", "two.digits.html", "two.mini.html"}
    assert 'href="two.mini.html"' in (folder / "out" / "r.html").read_text()

    # a part is an ordinary study: the same file with one data set asks for the same runs
    alone = TWO.replace("  - digits\n  - {source: mini.npz, fraction: 0.8}", "  source: digits")
    (folder / "alone.yaml").write_text(alone.replace("name: two", "name: two.digits"))
    assert json.loads(cli("plan", "alone.yaml", "--json").out)["stored"] == 4
    assert load("two.mini", home=two).class_names[0] == "T-shirt/top"
    with pytest.raises(StoreError, match="several data sets. Name one: two.digits, two.mini."):
        load("two", home=two)


def check_across(values: dict) -> None:
    """What stands side by side follows from the runs of each part."""
    for part in values["parts"]:
        rows = [row for row in values["across"] if row["data"] == part["study"].removeprefix("two.")]
        scores = {
            row["variant"]: [
                run["metrics"]["test_accuracy"] for run in part["runs"] if run["variant"] == row["variant"]
            ]
            for row in rows
        }
        assert list(scores) == ["baseline", "depth=2"]
        for row in rows:
            own = sum(scores[row["variant"]]) / 2
            assert row["mean"] == pytest.approx(own)
            assert row["rank"] == 1 + sum(sum(other) / 2 > own + 1e-12 for other in scores.values())
        assert sum(row["best"] for row in rows) == 1


def test_a_setting_and_a_mistake(cli: Callable, two: Path) -> None:
    planned = json.loads(cli("plan", "two.yaml", "--set", "data.fraction=0.2", "--json").out)
    assert [part["variants"][0]["recipe"]["data"]["fraction"] for part in planned["parts"]] == [0.2, 0.2]
    wrong = cli("run", "two.yaml", "--set", "data=[digits, {source: mnits}]")
    assert wrong.code == 2
    assert "Unknown data source 'mnits'. Did you mean 'mnist'?" in wrong.err
    assert cli("plan", "two.yaml", "--set", "data=[{sorce: digits}]").err.startswith("Error: data[0].sorce: is unknown")
    assert not two.exists()


class Breaks(nn.Linear):
    def forward(self, input):
        assert not self.training
        return super().forward(input)


def breaks(item_shape: tuple[int, ...], num_outputs: int) -> nn.Module:
    return nn.Sequential(nn.Flatten(), Breaks(64, num_outputs))


def test_equal_data_are_trained_once_and_a_failure_is_told_with_its_data(tmp_path: Path) -> None:
    study = Study(
        name="same",
        data=["digits", {"source": "digits", "name": "again", "scale": "unit"}],
        baseline={"model": {"kind": "mlp", "width": 4}, "epochs": 1, "batch_size": 512},
        factors={"scale": {"vary": "data.scale", "levels": ["standard", "unit"]}},
        seeds=[0],
    )
    result = study.run(tmp_path, quiet=True)
    keys = [{run["key"] for run in part.summary["runs"]} for part in result.parts.values()]
    assert keys[0] == keys[1]
    assert len(Store(tmp_path).recent_runs()) == len(keys[0]) == 2
    assert result.failures == []
    assert [text.partition(":")[0] for text in result.verdicts] == ["digits", "again"]
    assert list(result.figures) == ["scores", "contrasts"]
    assert result.best["data"].tolist() == result.across["data"].unique().tolist() == ["digits", "again"]
    assert result._repr_html_().count("<h3>") == 2
    for table in ("runs", "seeds", "variants", "means", "contrasts", "history", "wrong", "trials"):
        each = {data: getattr(part, table) for data, part in result.parts.items()}
        together = getattr(result, table)
        for data, alone in each.items():
            rows = together[together["data"] == data].drop(columns="data").reset_index(drop=True)
            assert rows.astype(object).equals(alone.astype(object))
    with pytest.raises(StoreError, match=r"several data sets. Name one: same.digits, same.again"):
        result.load("baseline")
    one = result.parts["digits"]
    assert one.parts == {"digits": one}

    broken = Study(**{**study.model_dump(), "baseline": {"model": {"kind": breaks}}, "factors": {}})
    failed = broken.run(tmp_path, quiet=True)
    assert [text.partition(", seed 0")[0] for text in failed.failures] == ["digits: baseline", "again: baseline"]
    assert {part["runs"][0]["status"] for part in failed.summary["parts"]} == {"failed"}
    assert [(row["mean"], row["rank"], row["best"]) for row in failed.summary["across"]] == [(None, None, False)] * 2
    assert "No run has finished yet" in failed.report().read_text()
