"""`precision: auto` in a study file, and what it becomes in recipes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from paribus.errors import SpecError
from paribus.machine import UNKNOWN, Machine, Throughput
from paribus.spec import StudySpec

Make = Callable[..., StudySpec]
LEVELS = {kind: {"model": {"kind": kind}} for kind in ("mlp", "cnn", "linear", "resnet")}
BASELINE = {"model": {"kind": "mlp"}, "precision": "auto"}
MACHINES = {
    "AMX": (Machine(Throughput(165, 1100), Throughput(140, 700)), {"mlp", "cnn"}),
    "AVX-512 with bfloat16": (Machine(Throughput(238, 238), Throughput(232, 375)), {"cnn"}),
    "AVX-512": (Machine(Throughput(238, 238), Throughput(232, 70)), set()),
    "AVX2": (Machine(Throughput(56, 56), Throughput(50, 1)), set()),
    "unknown": (UNKNOWN, set()),
}


def measured(monkeypatch: pytest.MonkeyPatch, found: Machine) -> None:
    monkeypatch.setattr("paribus.spec.recipe.machine", lambda: found)


@pytest.mark.parametrize("name", MACHINES)
def test_auto_is_bf16_for_what_was_tried_where_it_was_measured_to_be_faster(
    name: str, make_study: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, gaining = MACHINES[name]
    measured(monkeypatch, found)
    study = make_study(baseline=BASELINE, factors={"model": {"levels": LEVELS}})
    chosen = {label: recipe.precision for label, recipe in study.recipes("model").items()}
    assert chosen == {label: "bf16" if label in gaining else "fp32" for label in LEVELS}
    assert study.baseline.precision == "auto"  # as it was asked


def test_auto_leaves_texts_alone(make_study: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    measured(monkeypatch, MACHINES["AMX"][0])
    study = make_study(baseline=BASELINE, data={"source": "imdb", "text": {"kind": "tfidf"}})
    assert study.recipe().precision == "fp32"


def test_auto_is_no_level_of_its_own(make_study: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    measured(monkeypatch, MACHINES["AVX2"][0])
    with pytest.raises(SpecError, match="trains the same network as the level 'fp32'; levels must differ"):
        make_study(factors={"precision": {"vary": "precision", "levels": ["fp32", "auto"]}})


def test_nothing_is_measured_unless_it_is_asked_for(make_study: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paribus.spec.recipe.machine", lambda: pytest.fail("measured"))
    for precision in ("fp32", "bf16"):
        assert make_study(baseline={"precision": precision}).recipe().precision == precision
    assert make_study(baseline={"model": {"kind": "linear"}, "precision": "auto"}).recipe().precision == "fp32"
