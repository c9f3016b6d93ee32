"""A mistake gets one letter: where, what was found, what is allowed, the nearest match; never pydantic's own error."""

from __future__ import annotations

from typing import Any

import pytest

from paribus import SpecError, Study

MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"nam": "b"}, "nam: is unknown here. Did you mean 'name'?"),
    ({"name": "a b"}, "name: must be letters, digits, '-' and '_' (it names files), found 'a b'."),
    ({"data": None}, "data: must be a mapping, found None."),
    ({"data": {}}, "data.source: is missing."),
    (
        {"data": {"source": "x", "scale": "standart"}},
        "data.scale: must be one of these, found 'standart'. Did you mean",
    ),
    ({"data": {"source": "x", "fraction": 0}}, "data.fraction: must be greater than 0, found 0."),
    ({"data": {"source": "x", "test": 1.5}}, "data.test: must be a share between 0 and 1 or"),
    ({"data": {"source": "x", "validation": {"last": 1}}}, "data.validation.last: must be less than 1, found 1."),
    ({"data": {"source": "x", "validation": {"last": 0.2, "fold": 1}}}, "data.validation.fold: is unknown here."),
    ({"baseline": {"shuffle": "no"}}, "baseline.shuffle: must be true or false, found 'no'."),
    ({"data": {"source": 3}}, "data.source: must be a registered name, a file or module:function, found 3"),
    ({"baseline": {"epochs": 2.5}}, "baseline.epochs: must be a whole number, found 2.5."),
    ({"baseline": {"epochs": True}}, "baseline.epochs: must be a whole number, found True."),
    (
        {"baseline": {"optimizer": {"kind": "adan"}}},
        "found 'adan'. Did you mean 'adam'? Known: adam, adamw, rmsprop, sgd.",
    ),
    ({"baseline": {"optimizer": "adam"}}, "baseline.optimizer: must be a mapping with the key 'kind', found 'adam'."),
    ({"baseline": {"optimizer": {"lr": 0.1}}}, "baseline.optimizer.kind: must name a known optimizer, found none."),
    (
        {"baseline": {"optimizer": {"kind": "sgd", "lr": -1}}},
        "baseline.optimizer.lr: must be greater than 0, found -1.",
    ),
    (
        {"baseline": {"optimizer": {"kind": "sgd", "lr": float("nan")}}},
        "baseline.optimizer.lr: must be a finite number",
    ),
    ({"baseline": {"optimizer": {"kind": "sgd", "beta1": 0.1}}}, "baseline.optimizer.beta1: is unknown here."),
    ({"baseline": {"model": {"kind": "mlp", "sizes": []}}}, "baseline.model.sizes"),
    (
        {"baseline": {"keep": "best"}, "data": {"source": "x", "validation": 0}},
        "baseline: early_stopping and keep: best",
    ),
    ({"seeds": 0}, "seeds: must be at least 1, found 0."),
    ({"seeds": 10**12}, "seeds: must be at most 10000, found 1000000000000."),
    ({"seeds": {"start": 5, "max": 10**12}}, "seeds.max: must be less than or equal to 10000, found 1000000000000."),
    ({"seeds": []}, "seeds: must be a number of seeds, a list of seeds or {start: , max: }, found []."),
    ({"seeds": [1, 1]}, "seeds: must differ from each other, found [1, 1]."),
    ({"seeds": [1, -2]}, "seeds: must be whole numbers from 0 up, found [1, -2]."),
    ({"seeds": {"start": 5, "max": 5}}, "seeds: must have max above start, found 5 and 5."),
    ({"seeds": {"start": 1, "max": 5}}, "seeds.start: must be greater than or equal to 2, found 1."),
    ({"seeds": {"start": 5, "most": 9}}, "seeds.most: is unknown here. Known: max, start."),
    (
        {"baseline": {"vary_only": ["weights"]}},
        "baseline.vary_only: must be a list of split, init, order, dropout, augment, found ['weights'].",
    ),
    ({"baseline": {"vary_only": []}}, "baseline.vary_only: must be a list of split, init"),
    ({"seeds": {"start": 5, "max": 9}, "rule": "wins"}, "rule: wins has no correction for a ladder of seeds."),
    (
        {"seeds": {"start": 2, "max": 5}},
        "seeds: a ladder grows where verdicts are undecided, but there are no factors to decide on. Give a number of",
    ),
    ({"metric": "acuracy"}, "metric: must be one of these, found 'acuracy'. Did you mean 'accuracy'?"),
    ({"margin": -0.1}, "margin: must be greater than or equal to 0, found -0.1."),
    ({"factors": {"f": {"vary": "epochs"}}}, "factors.f.levels: is missing."),
]


@pytest.mark.parametrize(("change", "message"), MISTAKES, ids=[str(change) for change, _ in MISTAKES])
def test_one_mistake(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        Study(**{"name": "a", "data": {"source": "x"}, **change})
    assert message in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        Study(name="a b", data={"source": "x", "fractions": 0.5}, seeds=0)  # pyright: ignore[reportArgumentType]
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == ["name", "data.fractions", "seeds"]


def test_a_study_does_not_change() -> None:
    study = Study(name="a", data={"source": "x"})  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="frozen"):
        study.name = "b"
