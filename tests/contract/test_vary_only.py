"""One source of randomness varies, the rest stays that of seed 0."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from paribus.planning import run_key
from paribus.spec import Recipe, StudySpec
from paribus.study import Study

SOURCES = ["split", "init", "order", "dropout"]
ITEMS = np.eye(64, dtype=np.float32).reshape(64, 8, 8) * 16


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[np.ndarray]]:
    """Test probabilities of each seed, by the source that varied."""
    levels = {"all": {}, "none": {"vary_only": ["augment"]}, **{name: {"vary_only": [name]} for name in SOURCES}}
    study = Study.model_validate(
        {
            "name": "sources",
            "data": {"source": "digits", "validation": 0.2},
            "baseline": {"model": {"kind": "mlp", "width": 8, "depth": 1, "dropout": 0.3}, "epochs": 2},
            "seeds": 3,
            "factors": {"source": {"levels": levels, "reference": "all"}},
        }
    )
    home: Path = tmp_path_factory.mktemp("home")
    result = study.run(home=home, quiet=True, workers=1)
    names = {label: "baseline" if label == "all" else f"source={label}" for label in levels}
    return {label: [result.load(name, seed).predict_proba(ITEMS) for seed in range(3)] for label, name in names.items()}


@pytest.mark.parametrize("source", SOURCES)
def test_each_source_moves_the_network_and_seed_0_is_always_the_same(scores, source: str) -> None:
    zero, one, two = scores[source]
    assert np.array_equal(zero, scores["all"][0])
    assert not np.array_equal(one, zero)
    assert not np.array_equal(one, two)
    assert not np.array_equal(one, scores["all"][1])


def test_seeds_that_differ_in_nothing_give_the_same_bits(scores) -> None:
    zero, one, two = scores["none"]
    assert np.array_equal(zero, one)
    assert np.array_equal(zero, two)


def test_a_recipe_that_varies_everything_keeps_its_key(make_study: Callable[..., StudySpec]) -> None:
    recipe = make_study().recipe()
    assert "vary_only" not in recipe.model_dump(mode="json")
    narrowed = Recipe.model_validate({**recipe.model_dump(mode="json"), "vary_only": ["init"]})
    assert run_key(recipe, 0, "x") != run_key(narrowed, 0, "x")
