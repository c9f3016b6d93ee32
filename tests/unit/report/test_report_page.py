import base64
import re
import time
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from urllib.parse import unquote

import pandas as pd
import pytest
import yaml

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


@pytest.mark.parametrize("crossed", [False, True])
def test_every_figure_has_its_csv(fake, tmp_path: Path, crossed: bool) -> None:
    study = fake(crossed=crossed)
    tables = study.tables
    reader = Reader(study.page(tmp_path / "report.html"))
    for name, frame in {**tables.frames(), "runs": tables.runs, "contrasts": tables.contrasts}.items():
        table = pd.read_csv(StringIO(decoded(reader.links[f"fake-study-{name}.csv"])))
        assert (list(table.columns), len(table)) == (list(frame.columns), len(frame))
    assert yaml.safe_load(decoded(reader.links["fake-study.yaml"])) == study.record["spec"]


def test_scores_of_each_seed_and_what_did_not_finish(fake, tmp_path: Path) -> None:
    statuses = {("depth=3", 0): "diverged", ("optimizer=SGD", 1): "failed", ("optimizer=SGD", 2): "interrupted"}
    study = fake(statuses=statuses)
    text = words(Reader(study.page(tmp_path / "report.html")))
    assert f"{100 * study.saved['baseline', 3].metrics['test_accuracy']:.1f}" in text
    assert "Of 16 runs, 3 did not finish: 1 diverged, 1 failed, 1 interrupted." in text
    assert "RunError: <out of memory>" in text
    assert "the loss was no longer finite" in text


@pytest.mark.parametrize(
    ("options", "text", "figures"),
    [
        ({"factors": False}, "This study varies nothing", {"spread", "learning_curves", "confusion"}),
        ({"seeds": 1}, "a single seed shows no spread", {"contrasts", "spread", "learning_curves", "confusion"}),
        (
            {"validation": 0.0},
            "no validation rows were held out to choose by",
            {"contrasts", "spread", "learning_curves", "confusion"},
        ),
        ({"everywhere": "diverged"}, "Of 16 runs, 16 did not finish: 16 diverged.", set()),
        ({"everywhere": "failed"}, "Of 16 runs, 16 did not finish: 16 failed.", set()),
        ({"everywhere": "interrupted"}, "No run has finished yet", set()),
        ({"metric": "loss"}, "Test loss in nats", {"contrasts", "spread", "learning_curves", "confusion"}),
        ({"metric": "f1_macro"}, "Test macro f1 in %", {"contrasts", "spread", "learning_curves", "confusion"}),
        ({"crossed": True, "everywhere": "failed"}, "Of 16 runs, 16 did not finish", set()),
        (
            {"crossed": True, "seeds": 1, "metric": "loss", "statuses": {("norm=yes", 0): "diverged"}},
            "no seed has all the runs that it takes",
            {"interactions", "spread", "learning_curves", "confusion"},
        ),
        ({"question": ""}, "fake-study", {"contrasts", "spread", "learning_curves", "confusion"}),
    ],
)  # fmt: skip
def test_odd_studies_still_have_a_page(fake, tmp_path: Path, options: dict, text: str, figures: set[str]) -> None:
    study = fake(**options)
    page = study.page(tmp_path / "report.html")
    assert text in words(Reader(page))
    assert set(re.findall(r'id="figure-(\w+)"', page)) == figures == set(study.tables.figures())


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
