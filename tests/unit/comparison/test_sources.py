"""Which source of randomness moves the score."""

import numpy as np
import pytest
from scipy import stats

from paribus.comparison.sources import plain_spreads, source_sentence, source_spreads
from paribus.comparison.statistics.intervals import deviation_interval
from paribus.store.records.study import StudyRecord
from tests.made_up import study_of

VARIED = {"baseline": None, "order": ["order"], "both": ["init", "dropout"], "wide": "no", "none": ["augment"]}


def record() -> StudyRecord:
    recipes = {name: {} if sources in (None, "no") else {"vary_only": sources} for name, sources in VARIED.items()}
    return study_of({"variants": {name: {"recipe": recipe} for name, recipe in recipes.items()}})


SCORES = {
    "baseline": [0.80, 0.84],
    "order": [0.81, 0.83, None],
    "both": [0.70, 0.76, 0.73],
    "wide": [0.1, 0.9],
    "none": [0.8],
}


def test_one_entry_a_variant_that_varies_some_sources_and_the_baseline() -> None:
    found = {one.source: one for one in source_spreads(record(), SCORES)}
    assert list(found) == ["everything", "order", "init and dropout", "augment"]
    assert found["order"].n == 2
    assert found["order"].deviation == pytest.approx(0.02 / np.sqrt(2))
    assert found["init and dropout"].deviation == pytest.approx(0.03)
    assert np.isnan(found["augment"].deviation)
    assert plain_spreads(list(found.values()))[3]["deviation"] is None


def test_the_largest_is_named_first() -> None:
    told = source_sentence(source_spreads(record(), SCORES), "test_accuracy")
    assert told.startswith(
        "Of the sources of randomness init and dropout moves test accuracy most: standard deviation 3.00 "
    )
    assert told.endswith("order 1.41 points, everything 2.83 points.")


def test_a_source_of_two_variants_is_told_with_their_names() -> None:
    recipe = {"recipe": {"vary_only": ["init"]}}
    scores = {"baseline": [0.80, 0.84], "deep": [0.81, 0.82], "order": [0.5, 0.6]}
    same = {"variants": {"baseline": recipe, "deep": recipe}}
    assert source_sentence(source_spreads(study_of(same), scores), "test_accuracy") == ""
    same["variants"]["order"] = {"recipe": {"vary_only": ["order"]}}
    told = source_sentence(source_spreads(study_of(same), scores), "test_accuracy")
    assert told.startswith("Of the sources of randomness order moves test accuracy most: ")
    assert told.endswith("; init (of baseline) 2.83 points, init (of deep) 0.71 points.")


def test_nothing_is_told_where_nothing_was_asked() -> None:
    plain = {"variants": {name: {"recipe": {}} for name in SCORES}}
    assert source_spreads(study_of(plain), SCORES) == []
    assert source_sentence([], "test_accuracy") == ""


def test_interval_of_a_deviation_covers_as_it_says() -> None:
    rng = np.random.default_rng(0)
    found = [deviation_interval(rng.normal(1, 2, 6)) for _ in range(2000)]
    assert np.mean([i.low <= 2 <= i.high for i in found]) == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 2000))


def test_interval_of_a_deviation_by_the_published_quantiles() -> None:
    """Chi-square with 9 degrees of freedom: 2.700 and 19.023, in every table."""
    values = stats.norm.ppf((np.arange(10) + 0.5) / 10)
    spread = values.std(ddof=1)
    found = deviation_interval(values)
    assert found.low == pytest.approx(spread * np.sqrt(9 / 19.023), rel=1e-4)
    assert found.high == pytest.approx(spread * np.sqrt(9 / 2.700), rel=1e-4)
