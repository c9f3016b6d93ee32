"""What a study came to is worked out once, and then read without any file of its runs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from shutil import rmtree

import numpy as np
import pytest

from paribus.comparison import summary
from paribus.comparison.items import sample
from paribus.probing.weights import weight_distributions
from paribus.report.tables.study import scores_of, seeds_of
from paribus.results.result import Result
from paribus.store import Store

NAME = "fake-study"


@pytest.fixture
def study(fake: Callable) -> Iterator:
    found = fake(statuses={("depth=3", 1): "diverged", ("optimizer=SGD", 0): "failed", ("depth=3", 3): "interrupted"})
    found.store.save_study(NAME, found.values)
    return found


def result_of(study) -> Result:
    return Result(Store(study.store.home), NAME)


def forget(study) -> None:
    """Remove all verdicts that were kept."""
    rmtree(study.store.home / "verdicts")


def test_showing_needs_no_file_of_a_run(study) -> None:
    before = result_of(study)
    summary = before.summary
    texts, tables = (before.verdicts, before.failures, before.search), (before.seeds, before.means)
    rmtree(study.store.home / "runs")
    after = result_of(study)
    assert after.summary == summary
    assert (after.verdicts, after.failures, after.search) == texts
    assert [after.seeds.equals(tables[0]), after.means.equals(tables[1])] == [True, True]


def test_verdicts_anew_need_one_run_for_all(study) -> None:
    summary = result_of(study).summary
    forget(study)
    last = [run.key for run in study.saved.values() if run.status == "finished"][-1]
    for folder in (study.store.home / "runs").glob("*/*"):
        if folder.name != last:
            rmtree(folder)
    assert result_of(study).summary == summary


def test_kept_contrasts_are_those_that_were_kept(study) -> None:
    before = result_of(study)
    before.summary  # noqa: B018
    after = result_of(study)
    assert after._only._kept is not None
    assert repr(after._only._contrasts) == repr(before._only._contrasts)  # nan is not equal to itself


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """An entry a time that the test set was resampled."""
    calls: list[int] = []
    over_test_items = sample.over_test_items
    monkeypatch.setattr(
        "paribus.results.outcome.over_test_items", lambda *given: calls.append(1) or over_test_items(*given)
    )
    return calls


def test_what_they_rest_on_brings_new_ones(study, counted: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    def worked_out() -> int:
        counted.clear()
        result_of(study).summary  # noqa: B018
        return len(counted)

    assert [worked_out(), worked_out()] == [1, 0]
    failed, done = study.saved["optimizer=SGD", 0], study.saved["optimizer=SGD", 1]
    study.store.save_run(replace(done, key=failed.key, seed=0))
    assert [worked_out(), worked_out()] == [1, 0]
    study.store.save_study(NAME, {**study.values, "spec": {**study.values["spec"], "margin": 0.02}})
    assert [worked_out(), worked_out()] == [1, 0]
    path = study.store.home / "verdicts" / f"{NAME}.json"
    path.write_text(path.read_text().replace('"better"', '"worse"').replace('"undecided"', '"better"'))
    assert [worked_out(), worked_out()] == [1, 0]
    path.write_bytes(b"\xff")
    assert [worked_out(), worked_out()] == [1, 0]
    monkeypatch.setattr(summary, "program", lambda: "another")
    assert [worked_out(), worked_out()] == [1, 0]


def test_a_home_that_cannot_be_written_is_shown(study, counted: list[int]) -> None:
    (study.store.home / "verdicts").write_text("no folder")
    assert result_of(study).summary == result_of(study).summary
    assert len(counted) == 2


def test_a_report_of_the_same_is_left_as_it_is(study) -> None:
    path = result_of(study).report()

    def is_written() -> bool:
        before = path.stat().st_ino  # a file that is replaced is another one
        assert result_of(study).report(anew=False) == path
        return path.stat().st_ino != before

    assert not is_written()
    page = path.read_text(encoding="utf-8")
    assert result_of(study).report().read_text(encoding="utf-8") == page
    path.write_text(page[:-100], encoding="utf-8")
    assert is_written()
    assert path.read_text(encoding="utf-8") == page
    key = study.saved["baseline", 0].key
    study.store.save_probe(key, weight_distributions({"head.weight": np.eye(3, dtype=np.float32)}))
    assert is_written()
    study.store.save_run(replace(study.saved["depth=3", 0], key=study.values["runs"][7]["key"], seed=3))
    assert is_written()
    assert not is_written()


@pytest.mark.parametrize("folds", [0, 3])
def test_means_are_those_of_the_report(fake: Callable, folds: int) -> None:
    study = fake(folds=folds, statuses={("depth=3", 1, 2) if folds else ("depth=3", 1): "diverged"})
    tables = study.tables
    seeds = seeds_of(tables.runs)
    assert seeds.equals(tables.seeds)
    assert len(seeds) == 16
    assert (seeds["status"] == "finished").sum() == 15
    by_place = tables.runs.groupby(["variant", "seed"], sort=False)["test_accuracy"]
    by_seed = by_place.apply(lambda scores: scores.mean(skipna=False))
    assert seeds["test_accuracy"].to_numpy() == pytest.approx(by_seed.to_numpy(), nan_ok=True)
    means = scores_of(study.record, seeds, "accuracy")
    assert means.equals(tables.variants[means.columns])
    assert [name for name in tables.variants if name not in means] == ["gap", "seconds"]
