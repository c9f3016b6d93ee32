import numpy as np
import pandas as pd
import pytest
from scipy import stats

from paribus.report.figures.classes import confusion
from paribus.report.figures.learning import learning_curves
from paribus.report.figures.scores import contrasts, interactions, spread
from paribus.report.gallery import figures, frames
from paribus.report.numbers import unit_of
from paribus.store.records.study import Level


def test_learning_curves_summarize_finished_seeds_only(fake) -> None:
    study = fake(statuses={("baseline", 0): "diverged"})
    frame = learning_curves.frame(study.tables.history, study.tables.runs)
    row = frame.query("variant == 'baseline' and part == 'validation' and measure == 'loss' and epoch == 2").iloc[0]
    values = [study.saved["baseline", seed].history["val_loss"][1] for seed in (1, 2, 3)]
    assert row[["mean", "min", "max", "seeds"]].tolist() == pytest.approx(
        [np.mean(values), min(values), max(values), 3]
    )


def test_a_seed_is_the_mean_of_its_folds(fake) -> None:
    study = fake(seeds=3, folds=2)
    tables = study.tables
    curves = {name: np.zeros((3, 2, 5)) for name in ("train_accuracy", "val_accuracy")}
    for (variant, *place), run in study.saved.items():
        if variant == "baseline":
            for name, values in curves.items():
                values[tuple(place)] = run.history[name]
    frame = learning_curves.frame(tables.history, tables.runs)
    row = frame.query("variant == 'baseline' and part == 'train' and measure == 'accuracy' and epoch == 4").iloc[0]
    train_S = curves["train_accuracy"].mean(axis=1)[:, 3]
    expected = [train_S.mean(), train_S.min(), train_S.max(), 3]
    assert row[["mean", "min", "max", "seeds"]].tolist() == pytest.approx(expected)
    gaps_S = 100 * (curves["train_accuracy"] - curves["val_accuracy"])[:, :, -1].mean(axis=1)
    dots, means = figures(tables)["gap"].data
    np.testing.assert_allclose(dots.x[:3], gaps_S)
    half = stats.t.ppf(0.975, 2) * gaps_S.std(ddof=1) / np.sqrt(3)
    assert (means.x[0], means.error_x.array[0]) == (pytest.approx(gaps_S.mean()), pytest.approx(half))
    assert set(tables.mistakes["runs"]) == {6}


def test_curves_that_are_not_shown_wait_in_the_legend(fake) -> None:
    tables = fake().tables
    figure = learning_curves.draw(learning_curves.frame(tables.history, tables.runs), ["baseline"])
    visible = {trace.legendgroup: trace.visible for trace in figure.data}
    assert visible["baseline"] is True
    assert visible["depth=3"] == "legendonly"
    named = [trace.legendgroup for trace in figure.data if trace.showlegend]
    assert sorted(named) == sorted(set(named)) == sorted(visible)
    dashes = {trace.line.dash for trace in figure.data if trace.hoverinfo != "skip"}
    assert dashes == {"dash", "solid"}


def test_without_validation_rows_there_are_only_training_curves(fake) -> None:
    tables = fake(validation=0.0).tables
    assert set(learning_curves.frame(tables.history, tables.runs)["part"]) == {"train"}


def test_forest_plot_says_the_verdict_in_words_and_shows_all_of_every_interval(fake) -> None:
    table = fake().tables.contrasts
    figure = contrasts.draw(contrasts.frame(table))
    texts = [trace.text for trace in figure.data if trace.text]
    assert texts == table["verdict"].tolist()
    low, high = figure.layout.xaxis.range
    assert low < 100 * table["adjusted_low"].min()
    assert high > 100 * table["adjusted_high"].max()
    band = figure.layout.shapes[0]
    assert (band.x0, band.x1) == (-1, 1)


def test_spread_has_a_dot_a_seed_and_counts_what_is_missing(fake) -> None:
    study = fake(statuses={("depth=3", 1): "failed"})
    frame = spread.frame(study.tables.runs, "test_accuracy")
    figure = spread.draw(frame, "test_accuracy")
    dots, means = figure.data
    expected = [study.saved["baseline", seed].metrics["test_accuracy"] * 100 for seed in range(4)]
    np.testing.assert_allclose(dots.x[:4], expected)
    assert means.x[0] == pytest.approx(np.mean(expected))
    assert "1 of 4 missing" in figure.layout.yaxis.ticktext[1]


def test_interactions_are_means_over_seeds_that_have_the_cell(fake) -> None:
    study = fake(crossed=True, statuses={("width=9, norm=yes", 1): "failed"})
    frame = frames(study.tables)["interactions"]
    assert frame[["level_a", "level_b"]].to_numpy().tolist() == [["4", "no"], ["4", "yes"], ["9", "no"], ["9", "yes"]]
    scores = [study.saved["width=9, norm=yes", seed].metrics["test_accuracy"] for seed in (0, 2, 3)]
    expected = [np.mean(scores), min(scores), max(scores), 3]
    assert frame.iloc[3][["mean", "min", "max", "seeds"]].tolist() == pytest.approx(expected)
    lines = interactions.draw(frame, "test_accuracy").data
    assert [line.name for line in lines] == ["no", "yes"]
    assert lines[1].y[1] == pytest.approx(100 * np.mean(scores))
    assert lines[1].error_y.array[1] == pytest.approx(100 * (max(scores) - np.mean(scores)))


def test_a_third_crossed_factor_is_averaged_over_seed_by_seed() -> None:
    cells = {f"{a}{b}{c}": 0.1 * a + 0.01 * b + 0.3 * c for a in (0, 1) for b in (0, 1) for c in (0, 1)}
    levels = [
        Level(factor, str(label), tuple(name for name in cells if name[place] == str(label)))
        for place, factor in enumerate("ABC")
        for label in (0, 1)
    ]
    rows = [(name, seed, "finished", score + 0.05 * seed) for name, score in cells.items() for seed in (0, 1)]
    runs = pd.DataFrame(rows, columns=["variant", "seed", "status", "score"])
    runs.loc[(runs["variant"] == "111") & (runs["seed"] == 0), "status"] = "diverged"
    frame = interactions.frame(runs, levels, "score")
    assert [tuple(row) for row in frame[["factor_a", "factor_b"]].drop_duplicates().to_numpy()] == [
        ("A", "B"), ("A", "C"), ("B", "C"),
    ]  # fmt: skip
    found = {(row.level_a, row.level_b): row for row in frame[frame["factor_b"] == "B"].itertuples()}
    assert (found["1", "0"].mean, found["1", "0"].seeds) == (pytest.approx(0.1 + 0.15 + 0.025), 2)
    assert (found["1", "1"].mean, found["1", "1"].seeds) == (pytest.approx(0.11 + 0.15 + 0.05), 1)
    figure = interactions.draw(frame, "test_accuracy")
    assert [trace.legend for trace in figure.data] == ["legend", "legend", "legend2", "legend2", "legend3", "legend3"]
    assert [figure.layout[name].title.text for name in ("legend", "legend2", "legend3")] == ["B:", "C:", "C:"]


def test_confusion_percent_is_of_the_true_class_and_errors_keep_their_own_scale() -> None:
    counts = pd.DataFrame({"true": ["a", "a", "b", "b"], "predicted": ["a", "b", "a", "b"], "count": [97, 3, 0, 0]})
    frame = confusion.frame(counts)
    assert frame["percent"].tolist() == [97, 3, 0, 0]
    errors, hits = confusion.draw(frame).data
    assert errors.zmax == 3
    assert np.isnan(errors.z[0][0])
    assert hits.z[0][0] == 97


def test_names_are_never_markup(fake) -> None:
    tables = fake().tables
    ticks = figures(tables)["spread"].layout.yaxis.ticktext
    assert ticks[3] == "optimizer=&lt;b&gt;&amp;Adam"


@pytest.mark.parametrize(
    ("metric", "items", "value", "text"),
    [
        ("test_accuracy", 10_000, 0.87654, "87.65"),
        ("test_accuracy", 300, 0.87654, "87.7"),
        ("f1_macro", 50, -0.01, "\N{MINUS SIGN}1.0"),
        ("test_loss", 10_000, 0.34567, "0.3457"),
        ("accuracy", 100, float("nan"), "–"),
    ],
)
def test_numbers_have_the_digits_that_the_test_set_supports(metric: str, items: int, value: float, text: str) -> None:
    assert unit_of(metric, items).show(value) == text
