"""The page of layers has every layer, every option, every limit, and a study file that is one."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from paribus import Study
from paribus.models.blueprint import Dropout
from paribus.models.families.sequential import Head
from paribus.models.listed import MOST_LAYERS, MOST_NESTED
from paribus.spec.parts import parts

PAGE = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
ROWS = [re.split(r" ?\| ?", line)[1:-1] for line in PAGE.splitlines() if line.startswith("| `")]


def test_every_layer_and_every_option_is_told() -> None:
    told = {kind: row[1] for row in ROWS for kind in re.findall(r"`(\w+)`", row[0])}
    assert told.keys() == parts("layer").keys()
    weights = set(Head.model_fields)
    for kind, part in parts("layer").items():
        own = set(part.options.model_fields)
        named = set(re.findall(r"`(\w+)`", told[kind]))
        assert named - {"size"} == (own - weights if "those of weights" in told[kind] else own) - {"size"}
    text = PAGE.partition("Weights have")[2].partition("\n\n")[0]
    assert all(f"`{name}" in text for name in weights)


def test_limits_are_those_that_hold() -> None:
    assert f"At most {MOST_LAYERS:,} layers" in PAGE
    assert f"and {MOST_NESTED} blocks within each other" in PAGE


def test_the_study_file_is_one() -> None:
    values = yaml.safe_load(PAGE.partition("```yaml\n")[2].partition("```")[0])
    study = Study(**values)
    drops = [recipe.built()[0].features for recipe in study.recipes("dropout in the block").values()]
    assert [[noun.rate for noun in nouns if isinstance(noun, Dropout)] for nouns in drops] == [
        [0.5],
        [0.25, 0.5],
        [0.5, 0.5],
    ]
    assert [recipe.built()[0].parameters((28, 28), 10) for recipe in study.recipes("norm").values()] == [
        32 * 10 + norm + (32 * 14 * 14 + 1) * 128 + 129 * 10 for norm in (64, 64, 0)
    ]
