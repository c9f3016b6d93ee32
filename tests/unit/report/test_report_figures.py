import numpy as np
import pandas as pd
import pytest

from paribus.report.figures import confusion, contrasts, learning_curves, spread
from paribus.report.numbers import unit_of


def test_learning_curves_summarize_finished_seeds_only(fake) -> None:
    study = fake(statuses={("baseline", 0): "diverged"})
    frame = learning_curves.frame(study.tables.history, study.tables.runs)
    row = frame.query("variant == 'baseline' and part == 'validation' and measure == 'loss' and epoch == 2").iloc[0]
    values = [study.saved["baseline", seed].history["val_loss"][1] for seed in (1, 2, 3)]
    assert row[["mean", "min", "max", "seeds"]].tolist() == pytest.approx(
        [np.mean(values), min(values), max(values), 3]
    )


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
    ticks = tables.figures()["spread"].layout.yaxis.ticktext
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
