"""Data sets side by side, from made-up runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import count

import numpy as np
import pytest
from scipy.stats import rankdata, t

from paribus.report.content import Content
from paribus.report.pages import across as page
from paribus.report.tables import across as frames


@pytest.fixture
def two(fake: Callable) -> Callable[..., dict[str, Content]]:
    homes = count()

    def make(first: dict, second: dict) -> dict[str, Content]:
        studies = {data: fake(home=f"home{next(homes)}", **kind) for data, kind in (("here", first), ("there", second))}
        return {data: Content(study.record, study.tables, study.verdicts) for data, study in studies.items()}

    return make


class Cells(HTMLParser):
    """The text of every cell of every table."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self._open = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self._open = tag in ("td", "b", "small", "span", "a")
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells and self._open:
            self.cells[-1] += data


@pytest.mark.parametrize("metric", ["accuracy", "loss"])
def test_means_intervals_and_ranks(two, metric: str) -> None:
    contents = two({"metric": metric, "seeds": 4}, {"metric": metric, "seeds": 3})
    table = frames.scores({data: content.tables for data, content in contents.items()})
    for data, content in contents.items():
        rows = table[table["data"] == data].set_index("variant")
        scores = content.tables.runs.pivot(index="variant", columns="seed", values=f"test_{metric}").loc[rows.index]
        mean_V, num = scores.mean(axis=1), scores.shape[1]
        half_V = t.ppf(0.975, num - 1) * scores.std(axis=1, ddof=1) / np.sqrt(num)
        np.testing.assert_allclose(rows["mean"], mean_V)
        np.testing.assert_allclose(rows["ci_high"] - rows["mean"], half_V)
        assert rows["rank"].tolist() == rankdata(mean_V if metric == "loss" else -mean_V, method="min").tolist()
        validation = content.tables.runs.groupby("variant")[f"val_{metric}"].mean()
        wanted = validation.idxmin() if metric == "loss" else validation.idxmax()
        assert rows.index[rows["best"]].tolist() == [wanted]


def test_contrasts_stay_apart(two) -> None:
    contents = two({"seeds": 4}, {"seeds": 3})
    table = frames.contrasts({data: content.tables for data, content in contents.items()})
    assert table.groupby("data")["n"].unique().map(list).to_dict() == {"here": [4], "there": [3]}
    for data, content in contents.items():
        own = table[table["data"] == data].drop(columns="data").reset_index(drop=True)
        assert own.equals(content.tables.contrasts)


def test_the_best_of_each(two) -> None:
    contents = two({}, {"validation": 0.0})
    best = frames.best({data: content.tables for data, content in contents.items()}).set_index("data")
    for data, content in contents.items():
        row = content.tables.variants.set_index("variant").loc[best.loc[data, "variant"]]
        assert best.loc[data, "variant"] == content.tables.best.variant
        assert best.loc[data, "mean"] == row["mean"]
        hardest = content.tables.hardest.iloc[0]
        assert best.loc[data, "hardest"].startswith(f"{hardest['class']} ({100 * hardest['recall']:.0f} %)")
    assert best["by_validation"].tolist() == [True, False]


def test_the_page_shows_every_cell_and_no_markup_of_names(two) -> None:
    contents = two({}, {"seeds": 3})
    spec = {"name": "s", "question": "<script>alert(1)</script>", "margin": 0.01}
    text = page.render(spec, contents, {"here": "s.here.html", "there": "s.there.html"})
    assert "<script>alert" not in text
    assert "optimizer=&lt;b&gt;&amp;Adam" in text
    assert text.count('href="s.there.html"') == 4
    for content in contents.values():
        for row in content.tables.contrasts.to_dict("records"):
            gain = f"{100 * abs(row['difference']):.2f}"
            assert any(row["verdict"] in cell and gain in cell for cell in Cells(text).cells)
        for row in content.scores():
            assert any(row["mean"] in cell and "rank" in cell for cell in Cells(text).cells)


@pytest.mark.parametrize("validation", [0.1, "test"])
def test_the_page_does_not_deny_that_test_scores_choose(two, validation: float | str) -> None:
    contents = two({}, {"validation": validation})
    text = " ".join(
        page.render({"name": "s", "question": "", "margin": 0}, contents, dict.fromkeys(contents, "")).split()
    )
    assert ("never by the test set" in text) == (validation != "test")
    assert ("which are test scores where the test rows validate" in text) == (validation == "test")


@pytest.mark.parametrize("rule", ["difference", "wins"])
def test_the_page_says_what_verdicts_rest_on(two, rule: str) -> None:
    contents = {
        data: replace(content, record=replace(content.record, asked=replace(content.record.asked, rule=rule)))
        for data, content in two({}, {"seeds": 3}).items()
    }
    text = page.render({"name": "s", "question": "", "margin": 0.01}, contents, dict.fromkeys(contents, ""))
    by_interval, by_wins = (
        ("corrected, on which the verdict rests", "corrected within it"),
        ("share of seeds won, not on",),
    )
    assert all((phrase in text) == (rule == "difference") for phrase in by_interval)
    assert all((phrase in text) == (rule == "wins") for phrase in by_wins)


def test_nothing_is_trained_yet_on_one_data_set(two) -> None:
    contents = two({}, {"everywhere": "failed"})
    parts = {data: content.tables for data, content in contents.items()}
    assert frames.best(parts)["variant"].isna().tolist() == [False, True]
    scores = frames.scores(parts).set_index("data")
    assert scores.loc["there", "rank"].isna().all()
    assert scores.loc["here", "rank"].notna().all()
    assert list(page.figures(parts)) == ["scores", "contrasts"]
    assert "No run has finished yet" in page.render(
        {"name": "s", "question": "", "margin": 0}, contents, dict.fromkeys(contents, "")
    )
    empty = {
        data: content.tables
        for data, content in two({"everywhere": "failed", "seeds": 2}, {"everywhere": "interrupted"}).items()
    }
    assert page.figures(empty) == {}


def test_nothing_is_varied(two) -> None:
    contents = two({"factors": False}, {"factors": False})
    parts = {data: content.tables for data, content in contents.items()}
    assert list(page.figures(parts)) == ["scores"]
    assert "measures one recipe" in page.render(
        {"name": "s", "question": "", "margin": 0}, contents, dict.fromkeys(contents, "")
    )


def test_the_forest_has_one_marker_a_data_set_and_contrast(two) -> None:
    contents = two({"crossed": True}, {"crossed": True})
    parts = {data: content.tables for data, content in contents.items()}
    table = frames.contrasts(parts)
    drawn = [trace for trace in page.figures(parts)["contrasts"].data if trace.text is not None]
    assert [trace.name for trace in drawn] == ["here", "there"]
    for trace, content in zip(drawn, contents.values(), strict=True):
        np.testing.assert_allclose(trace.x, content.tables.contrasts["difference"] * 100)
        assert list(trace.text) == content.tables.contrasts["verdict"].tolist()
    assert len(set(np.concatenate([trace.y for trace in drawn]))) == len(table)
