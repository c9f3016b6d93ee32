"""What is trained is what paribus allows, and both sides are given the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import run, scaling
from benchmarks.ours import arrays
from benchmarks.ours.facts import facts
from benchmarks.sides import PEERS, Side
from benchmarks.workloads import WORKLOADS, Learning
from paribus.data import Dataset, load
from paribus.spec import DataSpec, StudySpec
from paribus.spec.parts import parts


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_workload_is_a_study_with_known_data_and_a_peer(name: str) -> None:
    workload = WORKLOADS[name]
    study = StudySpec.model_validate(json.loads(json.dumps(workload.study(name, Path("arrays")))))
    assert study.recipe().epochs == workload.epochs
    assert study.seeds == tuple(workload.seeds)
    assert workload.arrays in parts("data")
    assert (PEERS / f"{workload.peer}.py").is_file()


def test_epochs_and_seeds_can_be_chosen_for_a_search_too() -> None:
    study = StudySpec.model_validate(WORKLOADS["W7"].study("W7", Path(), epochs=9, seeds=1))
    assert study.tune
    assert (study.recipe().epochs, study.tune.max_epochs, len(study.seeds)) == (9, 9, 1)


def test_facts_are_the_layers_in_order_and_their_counts(tmp_path: Path) -> None:
    arrays.write(tmp_path, "fashion_mnist_mini", 200)
    workload = WORKLOADS["W1"]
    study = workload.study("W1", tmp_path)
    study["data"] |= {"source": str(tmp_path / "fashion_mnist_mini.npz")}
    file = tmp_path / "W1.yaml"
    file.write_text(json.dumps(study), encoding="utf-8")
    found = facts(file)
    assert [layer["layer"] for layer in found["layers"]] == ["Dense", "BatchNorm", "Activate", "Dropout"] * 2
    assert [layer["units"] for layer in found["layers"] if "units" in layer] == [512, 256]
    assert found["operations"] == 2 * (784 * 512 + 512 * 256 + 256 * 10)
    assert found["parameters"] == 784 * 512 + 512 * 256 + 256 * 10 + 512 + 256 + 10 + 2 * (512 + 256)
    assert (found["train_rows"], found["classes"], found["images"]) == (160, 10, False)


def test_the_arrays_are_those_of_the_loader(tmp_path: Path) -> None:
    arrays.write(tmp_path, "digits", 0)
    original = load(DataSpec(source="digits"), tmp_path)
    assert load(DataSpec(source="digits.npz"), tmp_path).x_test.shape == original.x_test.shape
    with np.load(tmp_path / "digits.npz") as stored:
        for name in stored.files:
            np.testing.assert_array_equal(stored[name], getattr(original, name))
    arrays.write(tmp_path, "digits", 100)
    with np.load(tmp_path / "digits.npz") as stored:
        assert len(stored["x_train"]) == len(stored["y_train"]) == pytest.approx(100, abs=5)


def test_texts_come_back_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = np.array(["good", "", "schlecht – böse", "naïve\n"], object)
    y = np.array([0, 1, 1, 0])
    monkeypatch.setattr(arrays, "load", lambda spec, base: Dataset("imdb", texts, y, texts[::-1], y[::-1], ("a", "b")))
    arrays.write(tmp_path, "imdb", 0)
    monkeypatch.setenv(arrays.TEXTS, str(tmp_path / "imdb.npz"))
    found: dict[str, Any] = arrays.reviews()
    assert found["x_train"].tolist() == texts.tolist()
    assert found["x_test"].tolist() == texts[::-1].tolist()
    assert found["y_test"].tolist() == [0, 1, 1, 0]


def parsed(monkeypatch: pytest.MonkeyPatch, *words: str) -> Any:
    monkeypatch.setattr("sys.argv", ["run", *words])
    return run.parse()


def test_results_are_written_only_of_the_workloads_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    every = parsed(monkeypatch)
    assert (every.names, every.output.name, every.rounds) == (list(WORKLOADS), "RESULTS.md", 3)
    some = parsed(monkeypatch, "W4", "W1")
    assert (some.names, some.output) == (["W1", "W4"], every.output)
    for changed in ("--tiny", "--epochs=1", "--seeds=1", "--precision=fp32", "--rounds=2"):
        assert parsed(monkeypatch, changed).output is None
    equal = parsed(monkeypatch, "--equal")
    assert equal.output.name == "EQUAL.md"
    assert equal.names == [name for name in WORKLOADS if name not in ("W3a", "W7", "W8")]


def test_learning_is_compared_when_rates_have_fallen() -> None:
    for workload in WORKLOADS.values():
        if workload.learning:
            study = StudySpec.model_validate(workload.settled().study("settled", Path()))
            recipe = study.recipe()
            assert recipe.schedule.kind == "cosine"
            assert (recipe.epochs, study.seeds) == (workload.learning.epochs, tuple(workload.learning.seeds))


def test_unknown_workloads_are_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed(monkeypatch, "W9")
    assert "no workload W9; there are W1, W2" in capsys.readouterr().err


def test_each_point_of_the_scaling_is_another_study() -> None:
    points = scaling.points()
    assert len(points) == len(set(points)) == 16 + 6 + 6 - 2  # 8 runs by 2 workers, twice more, are 8 runs by 2 workers
    study = StudySpec.model_validate(scaling.study_of(scaling.Point(runs=3, width=32, batch=16), Path(), 2))
    recipe = study.recipe()
    assert (len(study.seeds), recipe.epochs, recipe.batch_size) == (3, 2, 16)
    assert recipe.built()[0].parameters((28, 28), 10) == 784 * 32 + 32 * 32 + 32 * 10 + 32 + 32 + 10


def test_the_chart_has_every_point_in_its_panel() -> None:
    found = [(p, Side(9.0, 1.0 / p.workers, p.runs, p.width * 2**20, (), 7)) for p in scaling.points()]
    panels = [(list(trace.x), list(trace.y)) for trace in scaling.chart(found).data]
    runs, speeds = list(scaling.RUNS), [float(runs) for runs in scaling.RUNS]
    of_runs = [(runs, speeds), (runs, [256.0] * 8), (runs, [2 * speed for speed in speeds]), (runs, [256.0] * 8)]
    assert panels[:4] == of_runs
    assert panels[4:] == [(list(scaling.WIDTHS), [16.0] * 6), (list(scaling.BATCHES), [16.0] * 6)]


def test_where_only_scores_count_every_seed_is_trained_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[tuple[str, list[int]]] = []

    def side(who: str, study: Mapping[str, Any]) -> Side:
        trained.append((who, study["seeds"]))
        return Side(9.0, 1.0, 1, 1, tuple(seed / 10 for seed in study["seeds"]), 7)

    monkeypatch.setattr(run, "run_ours", lambda study, folder: side("ours", study))
    monkeypatch.setattr(run, "run_peer", lambda script, options, folder: side("peer", options["study"]))
    file, workload = tmp_path / "scores.json", replace(WORKLOADS["W3"], learning=Learning(0.1, 1, peer_seeds=range(2)))

    def learned(seeds: list[int], **rest: Any) -> Any:
        trained.clear()
        study = {"data": {"source": str(tmp_path)}, "seeds": seeds, **rest}
        bench = run.Bench({"W3": workload}, {"W3": study}, {"W3": {"parameters": 7, "engine": 1}}, Path())
        return bench.learned("W3", file)

    assert learned([0, 1, 2]) == ((0.0, 0.1, 0.2), (0.0, 0.1))
    assert sorted(trained) == [("ours", [0, 1, 2]), ("peer", [0]), ("peer", [1])]
    assert learned([0, 1, 2, 3]) == ((0.0, 0.1, 0.2, 0.3), (0.0, 0.1))
    assert trained == [("ours", [3])]
    learned([0], baseline={"l2": 0.1})
    assert sorted(trained) == [("ours", [0]), ("peer", [0])]
