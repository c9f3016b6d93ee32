"""Figures that need the data or a look into networks."""

import base64
import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import stats

from paribus.data import Dataset
from paribus.probing.weights import weight_distributions
from paribus.report.figures.classes import class_accuracy, hardest, mistakes
from paribus.report.figures.data import samples
from paribus.report.figures.network import features, weights
from paribus.report.figures.scores import cost
from paribus.report.tables.layers import layers

RNG = np.random.default_rng(0)
MISTAKES = pd.DataFrame(
    {"item": [3, 1], "true": ["a", "<b>"], "predicted": ["<b>", "a"], "confidence": [0.987, 0.6], "wrong": [5, 2]}
).assign(runs=5)


def dataset(*item: int) -> Dataset:
    x = RNG.integers(0, 256, (8, *item), dtype=np.uint8)
    return Dataset("toy", x, np.arange(8) % 2, x[:5], np.arange(5) % 2, ("a", "<b>"))


def test_class_accuracy_has_students_interval_over_seeds() -> None:
    table = pd.DataFrame({"variant": "baseline", "class": ["a", "b"] * 3, "accuracy": [0.5, 0.9, 0.6, 0.8, 0.9, 0.7]})
    frame = class_accuracy.frame(table)
    for row, values in zip(frame.itertuples(), ([0.5, 0.6, 0.9], [0.9, 0.8, 0.7]), strict=True):
        interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        got = (row.mean, row.ci_low, row.ci_high, row.min, row.max, row.seeds)
        assert got == pytest.approx((np.mean(values), interval.low, interval.high, min(values), max(values), 3))
    (dots,) = class_accuracy.draw(frame).data
    np.testing.assert_allclose(dots.x, 100 * frame["mean"])


def test_hardest_says_in_words_what_is_taken_for_what() -> None:
    columns = ["class", "recall", "ci_low", "ci_high", "support", "taken_for", "taken_share"]
    rows = [["a", 0.5, 0.4, 0.6, 100, "<b>", 0.25], ["<b>", 1.0, 0.9, 1.0, 100, "", 0.0]]
    figure = hardest.draw(hardest.frame(pd.DataFrame(rows, columns=columns)))
    assert [note.text for note in figure.layout.annotations] == ["25.0 % taken for &lt;b&gt;", "never mistaken"]
    assert figure.data[0].error_x.array == pytest.approx([10, 0])
    assert figure.data[0].error_x.arrayminus == pytest.approx([10, 10])


def test_cost_has_a_dot_a_variant_on_each_axis(fake) -> None:
    tables = fake(statuses={("depth=3", seed): "failed" for seed in range(4)}).tables
    frame = cost.frame(tables.variants)
    assert "depth=3" not in set(frame["variant"])
    figure = cost.draw(frame, "test_accuracy")
    assert [trace.x[0] for trace in figure.data] == [*frame["parameters"], *frame["seconds"]]
    assert [trace.y[0] for trace in figure.data] == pytest.approx([*(100 * frame["mean"])] * 2)


def test_mistakes_are_pictures_of_the_test_items_they_name() -> None:
    data = dataset(8, 8)
    frame = mistakes.frame(MISTAKES, data)
    figure = mistakes.draw(frame, data)
    assert [note.text for note in figure.layout.annotations] == [
        "a<br>as &lt;b&gt;, 98.7 %<br>5 of 5 runs",
        "&lt;b&gt;<br>as a, 60.0 %<br>2 of 5 runs",
    ]
    for image, item in zip(figure.layout.images, (3, 1), strict=True):
        picture = Image.open(io.BytesIO(base64.b64decode(image.source.partition(",")[2])))
        np.testing.assert_array_equal(np.asarray(picture), data.x_test[item])


def test_mistakes_among_texts_show_how_they_begin() -> None:
    texts = np.array(["none", "a\tshort  one\n", "none", "word " * 200], object)
    data = Dataset("toy", texts, np.array([0, 1, 0, 1]), texts, np.array([0, 1, 0, 1]), ("a", "b"))
    frame = mistakes.frame(MISTAKES, data)
    assert frame["text"].tolist() == [f"{'word ' * 59}word …", "a short one"]
    heads, rows = mistakes.listed(frame)
    assert (heads[-1], rows[1][-1]) == ("how it begins", "a short one")
    assert mistakes.draw(frame, data) is None


def test_mistakes_among_rows_of_a_table_show_their_values() -> None:
    data = dataset(3)
    frame = mistakes.frame(MISTAKES, data)
    assert frame["values"].tolist() == ["; ".join(map(str, data.x_test[item])) for item in (3, 1)]
    assert mistakes.draw(frame, data) is None
    assert mistakes.draw(mistakes.frame(MISTAKES, None), None) is None


def test_large_images_are_made_smaller() -> None:
    (uri,) = samples.pictures(dataset(3, 300, 150), RNG.integers(0, 256, (1, 3, 300, 150), dtype=np.uint8))
    assert Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).size == (64, 128)


def test_weights_are_densities_a_layer_and_variant() -> None:
    kernels = {"dense_0": RNG.normal(size=(40, 30)), "head": RNG.normal(2, 3, size=(30, 3))}
    weighted = {"features.dense_0.weight": kernels["dense_0"], "head.weight": kernels["head"]}
    probes = {"baseline": weight_distributions(weighted), "depth=1": weight_distributions({"head.weight": np.eye(3)})}
    frame = weights.frame(probes)
    for (variant, name), layer in frame.groupby(["variant", "layer"]):
        values = (kernels if variant == "baseline" else {"head": np.eye(3)})[name]
        density, edges = np.histogram(values, 40, density=True)
        np.testing.assert_allclose(layer["density"], density)
        np.testing.assert_allclose(layer["value"], edges[:-1] + np.diff(edges) / 2, atol=1e-12)
    head = layers(probes).query("variant == 'baseline' and layer == 'head'").iloc[0]
    values = kernels["head"]
    expected = [values.size, values.mean(), values.std(), values.min(), values.max()]
    assert head[["weights", "mean", "deviation", "lowest", "highest"]].tolist() == pytest.approx(expected)
    figure = weights.draw(frame)
    assert len(figure.data) == 3
    assert [trace.name for trace in figure.data if trace.showlegend] == ["baseline", "depth=1"]


def test_features_are_dots_by_class_beside_each_other() -> None:
    found = {"items": np.array([4, 7, 9]), "labels": np.array([0, 1, 0]), "embedding": np.arange(6.0).reshape(3, 2)}
    frame = features.frame({"baseline": found, "best": found, "blind": {"items": found["items"]}}, ["a", "<b>"])
    assert frame["variant"].tolist() == ["baseline"] * 3 + ["best"] * 3
    assert frame.iloc[1].tolist() == ["baseline", 7, "<b>", 2.0, 3.0]
    figure = features.draw(frame, ["a", "<b>"])
    assert [(trace.name, trace.x.tolist()) for trace in figure.data[:2]] == [("a", [0, 4])] * 2
    assert [trace.name for trace in figure.data if trace.showlegend] == ["a", "&lt;b&gt;"]
