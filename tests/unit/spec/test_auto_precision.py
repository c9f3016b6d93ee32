"""`precision: auto` in a study file, and what it becomes in recipes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from paribus.environment import multiplies_bf16
from paribus.errors import SpecError
from paribus.spec import StudySpec

Make = Callable[..., StudySpec]
LEVELS = {"mlp": {}, "cnn": {"model": {"kind": "cnn"}}, "linear": {"model": {"kind": "linear"}}}
BASELINE = {"model": {"kind": "mlp"}, "precision": "auto"}


@pytest.mark.parametrize("has", [True, False])
def test_auto_is_bf16_for_what_was_tried_where_the_processor_has_it(
    make_study: Make, monkeypatch: pytest.MonkeyPatch, has: bool
) -> None:
    monkeypatch.setattr("paribus.spec.recipe.multiplies_bf16", lambda: has)
    study = make_study(baseline=BASELINE, factors={"model": {"levels": LEVELS}})
    found = {label: recipe.precision for label, recipe in study.recipes("model").items()}
    assert found == {"mlp": "bf16" if has else "fp32", "cnn": "fp32", "linear": "fp32"}
    assert study.baseline.precision == "auto"  # as it was asked


def test_auto_leaves_texts_alone(make_study: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paribus.spec.recipe.multiplies_bf16", lambda: True)
    study = make_study(baseline=BASELINE, data={"source": "imdb", "text": {"kind": "tfidf"}})
    assert study.recipe().precision == "fp32"


def test_auto_is_no_level_of_its_own(make_study: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paribus.spec.recipe.multiplies_bf16", lambda: False)
    with pytest.raises(SpecError, match="trains the same network as the level 'fp32'; levels must differ"):
        make_study(factors={"precision": {"vary": "precision", "levels": ["fp32", "auto"]}})


@pytest.mark.parametrize(
    ("flags", "has"), [("fpu avx512f avx512_bf16", True), ("amx_tile amx_bf16", True), ("fpu avx2", False), ("", False)]
)
def test_the_processor_is_asked(monkeypatch: pytest.MonkeyPatch, flags: str, has: bool) -> None:
    monkeypatch.setattr("paribus.environment._cpuinfo", lambda name: flags if name == "flags" else "")
    multiplies_bf16.cache_clear()
    try:
        assert multiplies_bf16() is has
    finally:
        multiplies_bf16.cache_clear()
