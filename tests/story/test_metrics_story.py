"""A study judged by a metric that its runs do not store."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from paribus import Result, RunError, Study
from paribus.freezing.document import changes, document
from paribus.store import Store

HALVES = """\
name: halves
data: {source: halves.npz, validation: 0.2}
baseline: {model: {kind: mlp, width: 4}, optimizer: {kind: adam, lr: 0.01}, epochs: 2, batch_size: 64}
seeds: 2
metric: f1
factors: {width: {vary: model.width, levels: [4, 16]}}
"""
COSTS = """\
def cost(labels_B, probabilities_BC):
    return 100 * float(1 - probabilities_BC[range(len(labels_B)), labels_B].mean())
"""
SMALL = {
    "data": {"source": "fashion_mnist_mini", "fraction": 0.1, "validation": 0.2},
    "baseline": {"model": {"kind": "mlp", "width": 8}, "epochs": 1, "batch_size": 64},
    "factors": {"width": {"vary": "model.width", "levels": [8, 32]}},
}


def times(home: Path) -> dict[str, datetime]:
    """When each run was stored."""
    return {key: run.created for key, run in Store(home, reading=True).all_runs().items() if run}


def shown(cli, name: str) -> dict:
    done = cli("show", name, "--json")
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_f1_of_two_classes_and_another_metric_of_the_same_runs(cli, folder: Path) -> None:
    x = np.random.default_rng(0).normal(size=(300, 6)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] > 0.5).astype(np.int64)
    np.savez(folder / "halves.npz", x_train=x[:200], y_train=y[:200], x_test=x[200:], y_test=y[200:])
    (folder / "halves.yaml").write_text(HALVES)
    Study.open("halves.yaml").run(quiet=True)
    found, store = shown(cli, "halves"), Store(folder / "paribus-home", reading=True)
    scores: dict[str, list[float]] = {}
    for run in found["runs"]:
        arrays = store.predictions(run["key"])
        for part in ("val", "test"):
            hat_B = arrays[f"{part}_probabilities"].argmax(axis=1)
            assert run["metrics"][f"{part}_f1"] == pytest.approx(f1_score(arrays[f"{part}_labels"], hat_B))
        scores.setdefault(run["variant"], []).append(run["metrics"]["test_f1"])
    (contrast,) = found["contrasts"]
    assert contrast["metric"] == "test_f1"
    assert contrast["difference"] == pytest.approx(np.mean(scores["width=16"]) - np.mean(scores["baseline"]))

    before = times(store.home)
    Study.open("halves.yaml", ["metric=roc_auc"]).run(quiet=True)
    assert "test_roc_auc " in cli("show", "halves").out
    for run in shown(cli, "halves")["runs"]:
        assert "test_f1" not in run["metrics"]
        arrays = store.predictions(run["key"])
        auc = roc_auc_score(arrays["test_labels"], arrays["test_probabilities"][:, 1])
        assert run["metrics"]["test_roc_auc"] == pytest.approx(auc)
    assert times(store.home) == before  # nothing was trained


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ("f1", "metric: f1 is for 2 classes, of which the one with index 1 is the positive one; found 10."),
        ("top_10", "metric: top_10 needs more than 10 classes; found 10."),
        ("log_loss", "metric: must be one of these, found 'log_loss'. Did you mean 'loss'? Known: accuracy, "),
        ("costs:cost", "metric: costs:cost: there is no module 'costs'"),
    ],
)
def test_mistakes_are_told_before_anything_trains(cli, folder: Path, metric: str, words: str) -> None:
    for verb in ("plan", "run"):
        done = cli(verb, "tiny.yaml", "--set", f"metric={metric}")
        assert (done.code, words in done.err) == (2, True), done.err
    assert not (folder / "paribus-home").exists()


def page(folder: Path, name: str) -> str:
    return (folder / "paribus-home" / "reports" / f"{name}.html").read_text()


Call = Callable[..., Any]
COST = "test_costs:cost:lower"


@pytest.fixture
def costs(folder: Path) -> Path:
    """The home of a study that was run with a metric of its own."""
    (folder / "costs.py").write_text(COSTS)
    text = (folder / "tiny.yaml").read_text().partition("  dropout")[0]
    (folder / "tiny.yaml").write_text(f"{text}metric: costs:cost:lower\nmargin: 0.1\n")
    return folder / "paribus-home"


@pytest.fixture
def stranger(cli: Call, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Call a verb as in a process that never saw the function."""

    def call(*words: str) -> str:
        monkeypatch.setattr("paribus.metric.own._OWN", {})
        monkeypatch.delitem(sys.modules, "costs", raising=False)
        done = cli(*words)
        assert (done.code, "costs" in sys.modules) == (0, False), done.err
        return done.out

    return call


def test_a_function_of_ones_own_is_never_imported_again(cli: Call, costs: Path, stranger: Call) -> None:
    first = cli("run", "tiny.yaml")
    assert first.code == 0, first.err
    assert "names code: costs.py:cost" in first.err
    found, store = shown(cli, "tiny"), Store(costs, reading=True)
    means: dict[str, list[float]] = {}
    for run in found["runs"]:
        arrays = store.predictions(run["key"])
        missed_B = 1 - arrays["test_probabilities"][np.arange(len(arrays["test_labels"])), arrays["test_labels"]]
        assert run["metrics"][COST] == pytest.approx(100 * missed_B.mean())
        means.setdefault(run["variant"], []).append(run["metrics"][COST])
    (contrast,) = found["contrasts"]
    gain = np.mean(means["baseline"]) - np.mean(means["depth=2"])
    assert contrast["difference"] == pytest.approx(-gain)
    assert contrast["verdict"] != ("worse" if gain > 0 else "better")

    Path("costs.py").unlink()
    shutil.rmtree(costs / "verdicts")
    assert json.loads(stranger("show", "tiny", "--json")) == found
    assert "tiny" in stranger("list")
    (costs / "reports" / "tiny.html").unlink()
    stranger("report", "tiny")
    assert "Test cost: mean over seeds" in page(costs.parent, "tiny")


def test_what_is_not_kept_is_told_and_computed_by_the_study_that_names_it(costs: Path, stranger: Call) -> None:
    before = Study.open("tiny.yaml").run(costs, quiet=True)
    scores, path = before.runs[COST].tolist(), costs / "scores" / "tiny.json"
    kept = json.loads(path.read_bytes())["values"]
    path.unlink()
    reason = "No cost: what costs:cost:lower comes to is not kept, and what is stored brings in no code. Run the study"
    assert f"no score {reason}" in stranger("show", "tiny")
    lost = Result(Store(costs, reading=True), "tiny")
    assert (lost.seeds["test_accuracy"].notna().all(), lost.seeds[COST].isna().all()) == (True, True)
    assert (len(lost.unscored), lost.unscored[0].startswith(reason)) == (1, True)
    assert reason in lost.report().read_text()
    assert not path.exists()

    stored = times(costs)
    assert Study.open("tiny.yaml").run(costs, quiet=True).runs[COST].tolist() == scores
    assert json.loads(path.read_bytes())["values"] == kept
    Path("costs.py").write_text(COSTS.replace("100", "200.0"))
    assert Study.open("tiny.yaml").run(costs, quiet=True).runs[COST].tolist() == pytest.approx([2 * s for s in scores])
    assert times(costs) == stored


def broken(labels_B: np.ndarray, probabilities_BC: np.ndarray) -> float:
    raise KeyError("no luck")


def test_a_function_that_raises_hides_no_run_and_decides_nothing(tmp_path: Path) -> None:
    result = Study(name="a", metric=broken, seeds=2, **SMALL).run(tmp_path, quiet=True)
    reason = "No validation broken: test_metrics_story:broken raised KeyError"
    assert [text.startswith(reason) and text.endswith("(4 runs)") for text in result.unscored] == [True]
    assert result.failures == []
    assert result.runs["test_accuracy"].notna().all()
    assert result.seeds[f"test_{result.metric}"].isna().all()
    assert [contrast["n"] for contrast in result.summary["contrasts"]] == [0]
    assert result.summary["runs"][0]["unscored"].startswith(reason)
    assert reason in result.report().read_text()
    with pytest.raises(RunError, match="What is trained next depends on the test broken of each run. No validation"):
        Study(name="b", metric=broken, seeds={"start": 2, "max": 4}, **SMALL).run(tmp_path, quiet=True)
    tune = {"space": {"model.width": [8, 16]}, "algorithm": "grid", "max_epochs": 1}
    levels = {"factors": {"width": {"levels": {"default": {}, "tuned": {"tuned": True}}}}}
    with pytest.raises(RunError, match="What is trained next depends on the validation broken of each run"):
        Study(name="c", metric=broken, seeds=2, tune=tune, **{**SMALL, **levels}).run(tmp_path, quiet=True)


def test_kept_scores_are_those_of_the_runs_that_are_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = Study(name="a", metric="ece", seeds=2, **SMALL)
    before = study.run(tmp_path, quiet=True).runs
    asked: list[str] = []
    predictions = Store.predictions
    monkeypatch.setattr(Store, "predictions", lambda store, key: asked.append(key) or predictions(store, key))
    assert Result(Store(tmp_path, reading=True), "a").means["mean"].notna().all()
    assert asked == []
    path = tmp_path / "scores" / "a.json"
    path.write_text(path.read_text().replace("test_ece", "test_acc"))  # its checksum no longer fits
    assert Result(Store(tmp_path, reading=True), "a").seeds["test_ece"].tolist() == before["test_ece"].tolist()
    assert len(asked) == 4


def test_the_search_goes_by_it(tmp_path: Path) -> None:
    tune = {"space": {"model.width": [2, 8, 32]}, "algorithm": "grid", "max_epochs": 1, "seeds": 1}
    levels = {"factors": {"width": {"levels": {"default": {}, "tuned": {"tuned": True}}}}}
    result = Study(name="a", metric="brier", seeds=2, tune=tune, **{**SMALL, **levels}).run(tmp_path, quiet=True)
    search, store = result.summary["search"], Store(tmp_path, reading=True)
    assert search["metric"] == "val_brier"
    scores = {}
    for trial in search["trials"]:
        arrays = store.predictions(trial["keys"][-1])
        truth_BC = np.eye(10)[arrays["val_labels"]]
        scores[trial["number"]] = np.square(arrays["val_probabilities"] - truth_BC).sum(axis=1).mean()
        assert trial["scores"]["1"] == pytest.approx(scores[trial["number"]], rel=1e-6)
    assert search["winner_number"] == min(scores, key=scores.__getitem__)
    assert "validation Brier score" in result.search[1]


def test_data_sets_side_by_side_and_two_studies(tmp_path: Path) -> None:
    data = [SMALL["data"], {**SMALL["data"], "fraction": 0.2, "name": "more"}]
    series = Study(name="a", metric="ece_adaptive", seeds=2, **{**SMALL, "data": data}).run(tmp_path, quiet=True)
    assert series.unscored == []
    across = series.across
    assert across["mean"].notna().all()
    for _, rows in across.groupby("data"):  # the lowest is first
        assert rows.sort_values("mean")["rank"].tolist() == [1, 2]
    assert "adaptive calibration error" in series.report().read_text()
    one, two = series.parts.values()
    table = two.diff(one)
    means = [part.means.set_index("variant")["mean"] for part in (two, one)]
    assert table.set_index("factor")["difference"].to_dict() == pytest.approx((means[1] - means[0]).to_dict())


def test_a_ladder_grows_by_it(tmp_path: Path) -> None:
    result = Study(name="a", metric="top_3", seeds={"start": 2, "max": 4}, **SMALL).run(tmp_path, quiet=True)
    assert result.summary["status"] == "finished"
    assert result.summary["contrasts"][0]["n"] == len(result.seeds) / 2
    assert result.seeds["test_top_3"].notna().all()


def test_a_frozen_plan_knows_the_code_of_the_metric(folder: Path) -> None:
    def frozen(by: float) -> dict[str, Any]:
        study = Study(name="a", metric=lambda labels_B, probabilities_BC: by * labels_B.mean(), **SMALL)
        return document(study, ["0" * 64], 0)

    assert changes(frozen(1.0), frozen(1.0)) == []
    assert changes(frozen(1.0), frozen(2.0)) == ["metric"]
