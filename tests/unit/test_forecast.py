"""What `plan` and `run` refuse before anything trains."""

from __future__ import annotations

import numpy as np
import pytest

from paribus.errors import DataError, SpecError
from paribus.machine import UNKNOWN, Machine, Throughput
from paribus.study import Study

EMULATES = Machine(Throughput(56.0, 56.0), Throughput(50.0, 1.0))
PRECISIONS = {"precision": {"vary": "precision", "levels": ["fp32", "bf16"], "reference": "fp32"}}
SPACE = {"space": {"precision": ["fp32", "bf16"]}, "algorithm": "random", "trials": 2, "max_epochs": 2}
STUDIES = {
    "baseline": {"baseline": {"precision": "bf16"}},
    "precision=bf16": {"factors": PRECISIONS},
    "": {"tune": SPACE, "factors": {"recipe": {"levels": {"usual": {}, "tuned": {"tuned": True}}}}},
}


@pytest.mark.parametrize("place", STUDIES)  # a search is refused by two names
def test_emulated_bfloat16_is_refused(place: str, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paribus.running.fitting.machine", lambda: EMULATES)
    study = Study.model_validate({"name": "a", "data": {"source": "digits"}, **STUDIES[place]})
    told = f"{place}: precision: bf16 is emulated on this machine, 50 GFLOP/s in fp32, 1 in bf16. Write `fp32`, or"
    for act in (study.plan, study.run):
        with pytest.raises(SpecError) as refused:
            act(tmp_path / "home")
        assert told in str(refused.value)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("found", [UNKNOWN, Machine(Throughput(238.0, 238.0), Throughput(232.0, 375.0))])
def test_it_is_not_refused_elsewhere(found: Machine, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paribus.running.fitting.machine", lambda: found)
    study = Study.model_validate({"name": "a", "data": {"source": "digits"}, **STUDIES["precision=bf16"]})
    (forecast,) = study.plan(tmp_path)
    assert [recipe.precision for recipe in forecast.plan.variants.values()] == ["fp32", "bf16"]


def test_the_last_rows_of_a_sorted_file_are_refused(tmp_path) -> None:
    rows = {"x": np.arange(40, dtype=float).reshape(20, 2), "y": np.repeat(["a", "b", "c"], [9, 8, 3])}
    study = Study(name="a", data={"source": lambda: rows, "test": 0.1, "validation": {"last": 0.3}})
    with pytest.raises(DataError, match="no row of the class 'c' is left for training: the rows are sorted by class"):
        study.plan(tmp_path)
