"""A search in the report: tables of hand-made records, the odd ones too, and the page's section."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from paribus.comparison.searched import search_sentences
from paribus.report.figures.search import history, importance, parallel, rungs
from paribus.report.gallery import figures, frames
from paribus.report.protocol import design_terms
from paribus.report.tables.trials import shown_trials, trials_of
from paribus.store.records.study import Level, StudyRecord
from tests.made_up import study_of

SPACE: dict[str, Any] = {
    "optimizer.lr": {"low": 2e-4, "high": 0.1, "log": True},
    "model.dropout": {"low": 0.0, "high": 0.5, "log": False},
    "model.depth": {"low": 1, "high": 3, "log": False},
    "clip_norm": [None, 1.0],
    "optimizer": [{"kind": "adam"}, {"kind": "sgd", "momentum": 0.9}],
}
FACTORS = {"recipe": {"levels": {"default": {}, "tuned": {"tuned": True}}}}
SCORES = [{"1": 0.5}, {"1": 0.7, "3": 0.8}, {"1": None}, {"3": 0.6}, {"3": 0.9}, {"1": 0.6, "3": None}]


def record_of(
    scores: list[dict[str, float | None]], winner: int, space: dict[str, Any] = SPACE, **more: Any
) -> StudyRecord:
    """Of a study with a search of 3 epochs; trial i has the i-th value of each path."""
    ways: dict[str, list[Any]] = {
        "optimizer.lr": [0.001, 0.01],
        "model.dropout": [0.25, 0.5, 0.0],
        "model.depth": [1, 2, 3],
        "clip_norm": [None, 1.0],
        "optimizer": SPACE["optimizer"],
    }
    points = [{path: ways[path][number % len(ways[path])] for path in space} for number in range(len(scores))]
    trials = [
        {"number": n, "bracket": int("1" not in had), "point": point, "scores": had, "keys": ["0" * 64] * len(had)}
        for n, (point, had) in enumerate(zip(points, scores, strict=True))
    ]
    tuning = {
        "algorithm": "successive_halving", "metric": "val_accuracy", "winner": points[winner],
        "winner_number": winner, "edges": [], "diverged": 0, "importance": {}, "epochs": 12,
        "epochs_unstopped": 3 * len(scores), "trials": trials, **more,
    }  # fmt: skip
    asked = {"tune": {"space": space, "max_epochs": 3, "seeds": 1}, "factors": FACTORS}
    return study_of({"spec": asked, "tuning": tuning})


def test_a_trial_has_its_last_score_and_its_fate() -> None:
    table = trials_of(record_of(SCORES, winner=4))
    assert list(table.columns) == ["trial", "bracket", "epochs", "score", "fate", *SPACE]
    assert table["epochs"].tolist() == [1, 3, 1, 3, 3, 3]
    np.testing.assert_array_equal(table["score"], [0.5, 0.8, np.nan, 0.6, 0.9, np.nan])
    assert table["fate"].tolist() == ["stopped", "to the end", "diverged", "to the end", "winner", "diverged"]
    assert table["clip_norm"].tolist() == [None, 1.0] * 3
    assert table["optimizer"][1] == {"kind": "sgd", "momentum": 0.9}


def test_without_a_search_there_is_nothing(fake) -> None:
    tables = fake().tables
    assert tables.trials.empty
    assert tables.search is None
    assert not [name for name in frames(tables) if name.startswith("search")]
    assert search_sentences(study_of({})) == []


@pytest.mark.parametrize(
    ("lower", "scores", "expected"),
    [
        (False, [0.5, 0.8, 0.9, 0.6, 0.85], [np.nan, 0.8, 0.8, 0.8, 0.85]),
        (True, [0.5, 0.8, 0.1, 0.6, 0.85], [np.nan, 0.8, 0.8, 0.6, 0.6]),
    ],
)
def test_best_so_far_is_of_trials_that_went_all_the_way(lower: bool, scores: list[float], expected: list) -> None:
    trials = pd.DataFrame({"trial": range(5), "bracket": 0, "epochs": [1, 3, 1, 3, 3], "score": scores})
    trials["fate"] = ["stopped", "to the end", "stopped", "to the end", "winner"]
    np.testing.assert_array_equal(history.frame(trials, lower)["best"], expected)


def test_the_history_draws_every_trial_once_and_diverged_ones_at_the_worst_score() -> None:
    frame = history.frame(trials_of(record_of(SCORES, winner=4)), lower_is_better=False)
    best, *dots = history.draw(frame, "val_accuracy").data
    assert {trace.name: list(trace.x) for trace in dots} == {
        "stopped": [0], "diverged": [2, 5], "to the end": [1, 3], "winner": [4],
    }  # fmt: skip
    assert next(trace for trace in dots if trace.name == "diverged").y.tolist() == [50, 50]
    np.testing.assert_allclose(best.y, [np.nan, 80, 80, 80, 90, 90])


def test_parallel_coordinates_have_categories_and_logarithmic_ticks() -> None:
    frame = parallel.frame(trials_of(record_of(SCORES, winner=4)), SPACE)
    assert frame["trial"].tolist() == [0, 1, 3, 4]
    figure = parallel.draw(frame, SPACE, "val_accuracy")
    axes = {axis.label: axis for axis in figure.data[0].dimensions}
    assert list(axes) == [*SPACE, "epochs", "accuracy, %"]
    rate = axes["optimizer.lr"]
    np.testing.assert_allclose(rate["values"], [-3, -2, -2, -3])
    np.testing.assert_allclose(rate.range, np.log10([2e-4, 0.1]))
    assert list(rate.ticktext) == ["0.0002", "0.001", "0.01", "0.1"]
    np.testing.assert_allclose(10 ** np.array(rate.tickvals), [2e-4, 1e-3, 1e-2, 1e-1])
    assert list(axes["clip_norm"].ticktext) == ["none", "1"]
    assert axes["clip_norm"]["values"].tolist() == [0, 1, 1, 0]
    assert list(axes["optimizer"].ticktext) == ["adam", "sgd, momentum 0.9"]
    assert list(axes["model.depth"].tickvals) == [1, 2, 3]
    assert list(axes["model.dropout"].range) == [0, 0.5]
    np.testing.assert_allclose(figure.data[0].line.color, [50, 80, 60, 90])


def test_rungs_have_a_row_for_each_that_a_trial_reached() -> None:
    record = record_of(SCORES, winner=1)
    frame = rungs.frame(record.search.trials, 1)
    found = [tuple(row) for row in frame[["trial", "rung", "epochs"]].to_numpy().tolist()]
    assert found == [(0, 0, 1), (1, 0, 1), (1, 1, 3), (2, 0, 1), (3, 0, 3), (4, 0, 3), (5, 0, 1), (5, 1, 3)]
    assert frame.loc[frame["winner"], "trial"].unique().tolist() == [1]
    figure = rungs.draw(frame, "val_accuracy")
    lines = {trace.name for trace in figure.data}
    assert lines == {"bracket 0: 4, 2", "bracket 1: 2", "winner"}
    assert figure.data[-1].y.tolist() == pytest.approx([70, 80])
    assert list(figure.layout.xaxis.ticktext) == ["1", "3"]


def test_a_rung_on_which_all_diverged() -> None:
    scores = [{"1": None}, {"1": None}, {"1": None, "3": None}, {"3": 0.7}]
    record = record_of(scores, winner=3, diverged=3)
    table = trials_of(record)
    assert table["fate"].tolist() == ["diverged"] * 3 + ["winner"]
    assert history.draw(history.frame(table, False), "val_accuracy").data[1].y.tolist() == [70] * 3
    frame = rungs.frame(record.search.trials, 3)
    assert frame["score"].isna().sum() == 4
    assert len(rungs.draw(frame, "val_accuracy").data) == 5
    assert parallel.frame(table, SPACE).empty  # one line alone
    assert "3 of 4 trials of the search diverged." in search_sentences(record)


def test_a_search_of_one_trial_and_a_grid_of_two() -> None:
    one = record_of([{"3": 0.7}], winner=0)
    table = trials_of(one)
    assert (len(history.draw(history.frame(table, False), "val_accuracy").data), len(table)) == (2, 1)
    assert parallel.frame(table, SPACE).empty
    assert rungs.frame(one.search.trials, 0).empty
    assert importance.frame({}).empty
    grid = {"model.depth": [1, 2]}
    two = trials_of(record_of([{"3": 0.7}, {"3": 0.8}], 1, grid))
    figure = parallel.draw(parallel.frame(two, grid), grid, "val_accuracy")
    assert [axis.label for axis in figure.data[0].dimensions] == ["model.depth", "accuracy, %"]
    assert figure.data[0].dimensions[0]["values"].tolist() == [0, 1]


def test_importance_is_sorted() -> None:
    frame = importance.frame({"a": 0.2, "b": 0.5, "c": 0.3})
    assert frame["path"].tolist() == ["b", "c", "a"]
    assert importance.draw(frame).data[0].x.tolist() == pytest.approx([50, 30, 20])


@pytest.mark.parametrize(("metric", "expected"), [("val_accuracy", [4, 1, 3]), ("val_loss", [0, 3, 1])])
def test_the_best_trials_come_first_and_diverged_ones_last(metric: str, expected: list[int]) -> None:
    table = trials_of(record_of(SCORES, winner=4))
    assert [row["trial"] for row in shown_trials(table, metric, 3)] == expected
    rows = shown_trials(table, metric, 99)
    assert {row["trial"] for row in rows[-2:]} == {2, 5}
    assert rows[-1]["score"] == "–"
    cells = next(row["cells"] for row in rows if row["trial"] == 1)
    assert cells == ["3", "0.01", "0.5", "2", "1", "sgd, momentum 0.9"]


def test_what_a_search_did_in_words() -> None:
    record = record_of(SCORES, winner=4, edges=["optimizer.lr"], diverged=2)
    assert search_sentences(record) == [
        "Search (successive halving): 6 trials, 12 epochs in all; to train every trial to the end would take 18.",
        "Winner: trial 4, optimizer.lr 0.001, model.dropout 0.5, model.depth 2, clip_norm none, optimizer adam; "
        "validation accuracy 90.00 %.",
        "The search's best optimizer.lr lies at the edge of its range: widen it.",
        "2 of 6 trials of the search diverged.",
    ]
    record = replace(record, levels=(Level("recipe", "tuned", ("recipe=tuned",)),))
    anew = search_sentences(record, [{"variant": "recipe=tuned", "validation": 0.885, "mean": 0.87}])
    assert anew[1].endswith(
        "validation accuracy 90.00 % in the search, 88.50 % with the study's own seeds (test accuracy 87.00 %)."
    )
    odd = record_of(SCORES, winner=1, metric="val_loss", epochs=18, epochs_unstopped=18)
    how, winner = search_sentences(odd)
    assert how.endswith("6 trials, 18 epochs in all.")
    assert winner.endswith("optimizer (sgd, momentum 0.9); validation loss 0.8000 nats.")


def test_the_page_has_a_section_between_scores_and_learning(fake, tmp_path: Path) -> None:
    study = fake()
    made = record_of(SCORES, winner=4, edges=["optimizer.lr"], importance={"optimizer.lr": 0.9, "model.depth": 0.1})
    study.values["spec"]["tune"] = made.values["spec"]["tune"]
    assert 'id="search"' not in study.page(tmp_path / "without.html")
    study.values["tuning"] = made.values["tuning"]
    tables = study.tables
    names = {"search_history", "search_rungs", "search_values", "search_importance"}
    assert names <= set(frames(tables))
    assert names <= set(figures(tables))
    page = study.page(tmp_path / "page.html")
    places = [page.index(f'<section id="{name}">') for name in ("scores", "search", "learning")]
    assert places == sorted(places)
    for name in (*names, "trials"):
        assert f'download="fake-study-{name}.csv"' in page
    assert "lies at the edge of its range: widen it." in page
    assert "max_epochs: 3" in page  # `tune` in the study file
    told = dict(design_terms(study.record, "1 point"))["Tuned level"]
    assert "validation rows only" in told
    assert "luck in the search is not kept" in told
    assert "seed 1000000" in told
    assert not math.isnan(tables.trials["score"].max())
    study.values["spec"]["data"]["validation"] = "test"
    told = dict(design_terms(study.record, "1 point"))["Tuned level"]
    assert "on the test rows" in told
    assert "luck in the search is not kept" not in told
