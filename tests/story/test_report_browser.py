"""Reports and pages of data sets, opened from disk in a browser without any network."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from paribus.data import Dataset, describe, load, near_duplicates
from paribus.report.pages.data import write_data_page
from paribus.spec.data import DataSpec

pytestmark = pytest.mark.browser

SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--no-first-run"]  # fmt: skip


DRAWN = ":is(.trace path, .hm image, .imagelayer image)"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from paribus import Study

    study = Study.open("quickstart", ["seeds=2", "baseline.epochs=2"])
    result = study.run(tmp_path_factory.mktemp("home"))
    result.probe()
    return result.report()


@pytest.fixture(scope="module")
def browser() -> Iterator:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def flowers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a table with five features."""
    x = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
    data = Dataset("flowers", x, np.arange(60) % 2, x[:9], np.arange(9) % 2, ("rose", "tulip"), tuple("abcde"))
    return write_data_page(tmp_path_factory.mktemp("page") / "a.html", data, {**describe(data), "near": None})


@pytest.fixture(scope="module")
def clothes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = load(DataSpec(source="fashion_mnist_mini"), Path())
    found = {**describe(data), "near": near_duplicates(data)}
    return write_data_page(tmp_path_factory.mktemp("page") / "a.html", data, found)


def opened(browser, address: str, width: int) -> tuple:
    """The page without any network, read from top to bottom until every figure is drawn, and what went wrong."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.set_offline(True)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url) if request.url.startswith("http") else None)
    page.goto(address)
    for figure in page.locator(".plotly-graph-div").all():
        figure.scroll_into_view_if_needed()
        figure.locator(DRAWN).first.wait_for(state="attached")
    return page, wrong


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize(
    ("kind", "num_figures", "num_pictures"), [("report", 14, 0), ("flowers", 2, 0), ("clothes", 2, 20 + 30 + 10)]
)
def test_a_page_is_drawn_offline_and_fits(
    request: pytest.FixtureRequest, browser, kind: str, num_figures: int, num_pictures: int, width: int
) -> None:
    file: Path = request.getfixturevalue(kind)
    page, wrong = opened(browser, file.as_uri(), width)
    assert page.locator(".plotly-graph-div").count() == num_figures
    pictures = page.eval_on_selector_all("img", "all => all.map(i => [i.naturalWidth, i.offsetWidth])")
    assert len(pictures) == num_pictures
    assert all(natural > 0 and shown > 30 for natural, shown in pictures)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert wrong == []
    page.context.close()


@pytest.fixture(scope="module")
def side_by_side(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from paribus import Study

    data = ["digits", {"source": "fashion_mnist_mini", "fraction": 0.05, "name": "mini"}]
    study = Study.open("quickstart", ["seeds=2", "baseline.epochs=1"])
    several = Study(**{**study.model_dump(), "data": data})
    return several.run(tmp_path_factory.mktemp("home"), quiet=True).report()


@pytest.mark.parametrize("width", [1280, 400])
def test_data_sets_stand_side_by_side_and_lead_to_their_own_pages(side_by_side: Path, browser, width: int) -> None:
    page, wrong = opened(browser, side_by_side.as_uri(), width)
    points = page.eval_on_selector_all(
        ".plotly-graph-div", "divs => divs.map(d => d.querySelectorAll('.point').length)"
    )
    rows = page.locator("#scores tbody tr").count()
    assert points == [2 * page.locator("#verdicts tbody tr").count(), 2 * rows]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("#scores thead a >> nth=1")
    page.locator("#figure-confusion").scroll_into_view_if_needed()
    page.wait_for_selector("#figure-confusion .hm image")
    assert page.locator("h1").inner_text() == "quickstart.mini"
    assert wrong == []
    page.context.close()


def test_figures_are_drawn_when_they_come_near_or_are_printed(report: Path, browser) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    page.wait_for_selector(f"#figure-contrasts {DRAWN}", state="attached")
    assert page.locator(f".plotly-graph-div:has({DRAWN})").count() < 14
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(f"document.querySelectorAll('.plotly-graph-div:has({DRAWN})').length === 14")
    page.close()


def test_a_click_on_a_heading_sorts_the_scores(report: Path, browser) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())

    def column(number: int) -> list[str]:
        return page.eval_on_selector_all(
            f"#scores tbody td:nth-child({number})", "cells => cells.map(c => c.innerText)"
        )

    for number in (5, 6):  # gap and parameters
        button = f"#scores th:nth-child({number}) button"
        values = sorted(float(text.replace(",", "").replace("\N{MINUS SIGN}", "-")) for text in column(number))
        for wanted in (values[::-1], values):
            page.click(button)
            found = [float(text.replace(",", "").replace("\N{MINUS SIGN}", "-")) for text in column(number)]
            assert found == wanted
    page.close()


def test_the_report_is_light_enough_to_mail(report: Path) -> None:
    assert report.stat().st_size < 8_000_000
