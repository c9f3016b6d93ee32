import base64
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pandas as pd
import pytest
import yaml

from paribus.probing.weights import weight_distributions
from paribus.report.content import Content
from paribus.report.gallery import figures, frames
from paribus.report.protocol import data_terms, design_terms
from tests.made_up import study_of

ALWAYS = {"balance"}
ONE = {"spread", "gap", "learning_curves", "class_accuracy", "hardest", "confusion", *ALWAYS}
ALL = ONE | {"contrasts", "cost"}
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Reader(HTMLParser):
    """Text, links and scripts of a page; fails where an element is closed that is not open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.links: dict[str, str] = {}
        self.addresses: list[str] = []
        self.num_scripts = self.num_libraries = 0
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs) -> None:
        values = dict(attrs)
        self.addresses += [values[name] for name in ("src", "href", "srcset", "action", "data") if values.get(name)]
        if "download" in values:
            self.links[values["download"]] = values["href"]
        self.num_scripts += tag == "script"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        if self.open and self.open[-1] == "script":
            self.num_libraries += len(data) > 1_000_000
        elif self.open and self.open[-1] == "style":
            assert not re.search(r"url\(|@import", data)
        else:
            self.text.append(data)


def decoded(link: str) -> str:
    head, _, body = unquote(link).partition(",")
    assert head.startswith("data:") and head.endswith(";base64")
    return base64.b64decode(body).decode()


def words(reader: Reader) -> str:
    return " ".join(" ".join(reader.text).split())


def test_the_page_is_one_file_without_any_network(fake, tmp_path: Path) -> None:
    reader = Reader(fake().page(tmp_path / "deep" / "er" / "report.html"))
    assert reader.num_libraries == 1
    assert all(address.startswith(("data:", "#")) for address in reader.addresses)
    assert [path.name for path in (tmp_path / "deep" / "er").iterdir()] == ["report.html"]


def test_what_the_user_wrote_is_text(fake, tmp_path: Path) -> None:
    page = fake().page(tmp_path / "report.html")
    assert "<script>alert(1)" not in page
    assert "Is <script>alert(1)</script> safe?" in words(Reader(page))
    assert "=<b>" not in page


def test_verdicts_are_quoted_with_badges_and_caveats(fake, tmp_path: Path) -> None:
    study = fake()
    page = study.page(tmp_path / "report.html")
    text = words(Reader(page))
    assert "optimizer SGD is worse than optimizer baseline: test accuracy" in text
    assert '<span class="badge worse">worse</span>' in page
    assert page.count('<span class="badge') == len(study.tables.contrasts) == 3
    assert "C04 2 test items are also in the training data" in text
    assert "which saved 4 trainings" in text


def test_folds_that_levels_share_are_trainings_saved(fake) -> None:
    for folds, saved in ((0, 3), (5, 15)):  # `baseline` stands for two of the five levels, with 3 seeds
        told = dict(design_terms(fake(seeds=3, folds=folds, home=f"home{folds}").record, "1 point"))["Runs"]
        assert told.endswith(f"which saved {saved} trainings.")
    told = dict(design_terms(fake(seeds=3, folds=5, crossed=True, home="crossed").record, "1 point"))["Runs"]
    assert told == "60."


def test_a_small_difference_is_not_rounded_away(fake) -> None:
    study = fake()
    numbers = {"difference": 0.0004, "ci_low": 0.0002, "ci_high": 0.0006, "bca_low": np.nan, "bca_high": np.nan}
    contrasts = study.tables.contrasts.head(1).assign(**numbers, adjusted_low=-0.0001, adjusted_high=0.00096)
    content = Content(study.record, replace(study.tables, contrasts=contrasts), [])
    heads, (row,) = content.evidence()
    found = {"95 % interval": "0.02 to 0.06", "corrected": "\N{MINUS SIGN}0.01 to 0.10", "bootstrap": "–"}
    assert dict(zip(heads, row, strict=True)).items() >= found.items()
    assert (heads[2], row[2]) == ("difference, points", "0.04")
    loss = Content(study.record, replace(study.tables, contrasts=contrasts, metric="loss"), [])
    assert loss.evidence()[1][0][2] == "0.0004"
    sample = {"n_items": 300, "low": 0.0001, "high": 0.0007, "difference": 0.0004}
    items = replace(study.tables.items, sample=study.tables.items.sample.head(1).assign(**sample))
    assert items.sample_rows(contrasts)[0][1:4] == ["0.04", "0.02 to 0.06", "0.01 to 0.07"]


def test_interactions_stand_apart(fake, tmp_path: Path) -> None:
    study = fake(crossed=True)
    text = words(Reader(study.page(tmp_path / "report.html")))
    first, _, second = text.partition(" Interactions ")
    assert re.search(
        r"2 comparisons: [^.]+\. 1 interaction: 1 (more than the sum|less than the sum|undecided)\.", first
    )
    assert ", on average over norm: test accuracy" in first
    assert "width 9 and norm yes" in second
    assert "width × norm: 9 × yes against 4 × no" in second
    assert "baseline best by validation width 4, norm no" in text or "baseline width 4, norm no" in text
    assert "width=9, norm=no width 9" not in text
    assert "which saved" not in text
    assert "Factorial: width × norm, every level with every level, 2 × 2 = 4 variants" in text


BY_INTERVAL = {"on which the verdict rests", "Corrected for all interactions of the study", "which do not matter."}
BY_INTERVAL |= {"does not matter here", "corrected for each other", "widened for the factor's other levels"}
BY_WINS = {"From the 95 % bootstrap interval of P(level wins)", "Verdicts rest on the share of seeds won."}
BY_WINS |= {"Margin: 1 point, which no verdict here depends on."}


@pytest.mark.parametrize(
    ("asked", "said", "unsaid"),
    [
        ({}, BY_INTERVAL, BY_WINS | {"all other comparisons"}),
        ({"rule": "wins"}, BY_WINS, BY_INTERVAL - {"corrected for each other"}),
        (
            {"family": "study"},
            {
                "corrected for all other comparisons of the study, on which the verdict rests",
                "widened for all other comparisons of the study",
                "Corrected for all comparisons of the study",
            },
            BY_WINS | {"factor's other levels", "corrected for each other", "all interactions of the study"},
        ),
    ],
)
def test_the_page_says_what_verdicts_rest_on(
    fake, tmp_path: Path, asked: dict[str, str], said: set[str], unsaid: set[str]
) -> None:
    study = fake(crossed=True)
    study.values["spec"] |= asked
    text = words(Reader(study.page(tmp_path / "report.html")))
    assert {phrase for phrase in said | unsaid if phrase in text} == said


@pytest.mark.parametrize("validation", [0.1, "test"])
def test_the_page_does_not_deny_that_test_scores_choose(fake, tmp_path: Path, validation: float | str) -> None:
    text = words(Reader(fake(validation=validation).page(tmp_path / "report.html")))
    true = "chosen by test scores, as the test rows validate", "Best by validation accuracy on the test rows: "
    true += ("at its end. Here they validate too, which is not counted.",)
    denied = "never chosen by test scores", "at its end. Fingerprint", "Best by validation accuracy: "
    assert all((phrase in text) == (validation == "test") for phrase in true)
    assert all((phrase in text) != (validation == "test") for phrase in denied)


@pytest.mark.parametrize("crossed", [False, True])
def test_every_figure_has_its_csv(fake, tmp_path: Path, crossed: bool) -> None:
    study = fake(crossed=crossed)
    tables = study.tables
    reader = Reader(study.page(tmp_path / "report.html"))
    for name, frame in {**frames(tables), "runs": tables.runs, "contrasts": tables.contrasts}.items():
        table = pd.read_csv(StringIO(decoded(reader.links[f"fake-study-{name}.csv"])))
        assert (list(table.columns), len(table)) == (list(frame.columns), len(frame))
    assert yaml.safe_load(decoded(reader.links["fake-study.yaml"])) == study.values["spec"]


@pytest.mark.parametrize(("metric", "scale"), [("accuracy", 100), ("loss", 1)])
def test_scores_are_sorted_and_tell_validation_and_gap(fake, tmp_path: Path, metric: str, scale: int) -> None:
    study = fake(metric=metric)
    section = study.page(tmp_path / "report.html").partition('<section id="scores">')[2].partition("</table>")[0]
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in section.split("<tr>")[2:]]
    test, validation, gap = (
        [float(re.sub("<.*?>", "", row[at]).replace("\N{MINUS SIGN}", "-")) for row in rows] for at in (1, 3, 4)
    )
    best_first = study.tables.variants.sort_values("mean", ascending=metric == "loss")
    np.testing.assert_allclose(test, scale * best_first["mean"], atol=0.06)
    np.testing.assert_allclose(validation, scale * best_first["validation"], atol=0.06)
    np.testing.assert_allclose(gap, 100 * best_first["gap"], atol=0.06)


def test_mistakes_without_pictures_are_a_table(fake, tmp_path: Path) -> None:
    study = fake()
    text = words(Reader(study.page(tmp_path / "report.html")))
    first = study.tables.mistakes.iloc[0]
    assert f"is wrong on {len(study.tables.mistakes)} of 300 test rows" in text
    told = f"{first['item']} {first['true']} {first['predicted']} {100 * first['confidence']:.1f}"
    assert f"{told} {first['wrong']} of 4" in text


def test_networks_that_nobody_looked_into_are_said_to_be(fake, tmp_path: Path) -> None:
    assert "No network was looked into yet" in words(Reader(fake().page(tmp_path / "report.html")))


def test_a_missing_extra_is_named(fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = fake()
    found = weight_distributions({"head.weight": np.arange(6.0).reshape(3, 2)})
    study.store.save_probe(study.tables.probed["baseline"], found)
    monkeypatch.setattr("paribus.report.content.find_spec", lambda name: None)
    page = study.page(tmp_path / "report.html")
    assert "pip install 'paribus[interpret]'" in words(Reader(page))
    assert 'id="figure-weights"' in page
    assert 'id="figure-features"' not in page


def test_scores_of_each_seed_and_what_did_not_finish(fake, tmp_path: Path) -> None:
    statuses = {("depth=3", 0): "diverged", ("optimizer=SGD", 1): "failed", ("optimizer=SGD", 2): "interrupted"}
    study = fake(statuses=statuses)
    text = words(Reader(study.page(tmp_path / "report.html")))
    assert f"{100 * study.saved['baseline', 3].metrics['test_accuracy']:.1f}" in text
    assert "Of 16 runs, 3 did not finish: 1 diverged, 1 failed, 1 interrupted." in text
    assert "RunError: <out of memory>" in text
    assert "the loss was no longer finite" in text


@pytest.mark.parametrize(
    ("options", "text", "names"),
    [
        ({"factors": False}, "This study varies nothing", ONE),
        ({"seeds": 1}, "a single seed shows no spread", ALL),
        ({"validation": 0.0}, "no validation rows were held out to choose by", ALL - {"gap"}),
        ({"everywhere": "diverged"}, "Of 16 runs, 16 did not finish: 16 diverged.", ALWAYS),
        ({"everywhere": "failed"}, "Of 16 runs, 16 did not finish: 16 failed.", ALWAYS),
        ({"everywhere": "interrupted"}, "No run has finished yet", ALWAYS),
        ({"metric": "loss"}, "Test loss in nats", ALL),
        ({"metric": "f1_macro"}, "Test macro f1 in %", ALL),
        ({"question": ""}, "fake-study", ALL),
        ({"crossed": True, "everywhere": "failed"}, "Of 16 runs, 16 did not finish", ALWAYS),
        (
            {"crossed": True, "seeds": 1, "metric": "loss", "statuses": {("norm=yes", 0): "diverged"}},
            "no seed has all the runs that it takes",
            ALL - {"contrasts"} | {"interactions"},
        ),
    ],
)  # fmt: skip
def test_odd_studies_still_have_a_page(fake, tmp_path: Path, options: dict, text: str, names: set[str]) -> None:
    study = fake(**options)
    page = study.page(tmp_path / "report.html")
    assert text in words(Reader(page))
    assert set(re.findall(r'id="figure-(\w+)"', page)) == names == set(figures(study.tables))


def test_a_page_takes_less_than_two_seconds(fake, tmp_path: Path) -> None:
    study = fake()
    start = time.process_time()
    study.page(tmp_path / "report.html")
    assert time.process_time() - start < 2


def test_a_page_that_cannot_be_written_leaves_nothing_behind(fake, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "inside").touch()
    with pytest.raises(OSError, match="taken"):
        fake().page(tmp_path / "taken")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "taken"]


@pytest.mark.parametrize(
    ("validation", "words"),
    [
        (0.25, "25 % of the training rows, by class and anew for each seed, validate."),
        ({"last": 0.2}, "the last 20 % of the training rows, in the order of the data, validate, whatever the seed."),
        ({"folds": 3, "fold": None}, "3 folds of the training rows, by class and anew for each seed"),
        ("test", "the test rows validate"),
        (0.0, "no validation rows."),
    ],
)
def test_the_split_is_told(validation: object, words: str) -> None:
    dataset = {"rows": {"train": 9, "test": 3}, "duplicates": {"train": 0, "test": 0}}
    terms = dict(data_terms(study_of({"spec": {"data": {"validation": validation}}, "dataset": dataset}), 3))
    assert terms["Split"].startswith(words)
