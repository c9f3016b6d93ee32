"""What a study says of texts, and how levels vary it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from paribus.errors import SpecError
from paribus.spec import StudySpec, TextFeatures

Make = Callable[..., StudySpec]
TEXT = {"source": "x", "text": {"kind": "tfidf", "max_features": 500}}


@pytest.mark.parametrize(
    ("given", "ngrams"), [(None, (1, 1)), (1, (1, 1)), (3, (1, 3)), ([2, 3], (2, 3)), ((5, 5), (5, 5))]
)
def test_ngrams(given: Any, ngrams: tuple[int, int]) -> None:
    values = {"kind": "counts"} if given is None else {"kind": "counts", "ngrams": given}
    text = TextFeatures.model_validate(values)
    assert text.ngrams == ngrams
    assert TextFeatures.model_validate(text.model_dump(mode="json")) == text


def test_texts_are_not_scaled_unless_asked(make_study: Make) -> None:
    assert make_study(data=TEXT).recipe().data.scale == "none"
    assert make_study(data={**TEXT, "scale": "l2-rows"}).recipe().data.scale == "l2-rows"
    assert make_study(data={"source": "x"}).recipe().data.scale == "standard"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ({}, "data.text.kind: is missing"),
        ({"kind": "tfid"}, "data.text.kind: must be one of these, found 'tfid'. Did you mean 'tfidf'?"),
        ({"kind": "tfidf", "ngrams": 0}, "data.text.ngrams: must be 1 to 5 words, the lower number first, found 0"),
        ({"kind": "tfidf", "ngrams": 6}, "data.text.ngrams: must be 1 to 5 words"),
        ({"kind": "tfidf", "ngrams": [3, 2]}, "data.text.ngrams: must be 1 to 5 words, the lower number first"),
        ({"kind": "tfidf", "ngrams": True}, "data.text.ngrams: must be a number of words or [low, high], found True"),
        ({"kind": "tfidf", "ngrams": [1, 2, 3]}, "data.text.ngrams: must be a number of words or [low, high]"),
        ({"kind": "tfidf", "ngrams": ["1", 2]}, "data.text.ngrams: must be a number of words or [low, high]"),
        ({"kind": "tfidf", "max_features": 0}, "data.text.max_features: must be greater than or equal to 1, found 0"),
        ({"kind": "tfidf", "min_df": 0.1}, "data.text.min_df: must be a whole number, found 0.1"),
        ({"kind": "counts", "sublinear": True}, "data.text.sublinear: is for kind: tfidf, found kind: counts"),
    ],
)
def test_mistakes(text: dict[str, Any], message: str, make_study: Make) -> None:
    with pytest.raises(SpecError) as caught:
        make_study(data={"source": "x", "text": text})
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("scale", ["unit", "standard", "per-feature", "l2-columns"])
def test_scales_that_fill_in_zeros(scale: str, make_study: Make) -> None:
    with pytest.raises(
        SpecError, match=rf"^data\.scale: must be none or l2-rows for texts, found '{scale}': others fill"
    ):
        make_study(data={**TEXT, "scale": scale})


@pytest.mark.parametrize("text", [["tfidf", "counts"], [{"kind": "tfidf"}, {"kind": "counts"}]])
def test_levels_of_kind_keep_the_other_options(text: list[Any], make_study: Make) -> None:
    vary = "data.text.kind" if isinstance(text[0], str) else "data.text"
    recipes = make_study(data=TEXT, factors={"f": {"vary": vary, "levels": text}}).recipes("f").values()
    found = [recipe.data.text for recipe in recipes]
    assert found == [TextFeatures(kind="tfidf", max_features=500), TextFeatures(kind="counts", max_features=500)]


def test_levels_of_ngrams(make_study: Make) -> None:
    study = make_study(data=TEXT, factors={"f": {"vary": "data.text.ngrams", "levels": [1, 2, [2, 2]]}})
    found = {name: recipe.data.text.ngrams for name, recipe in study.recipes("f").items() if recipe.data.text}
    assert found == {"1": (1, 1), "2": (1, 2), "2-2": (2, 2)}
    assert study.reference("f") == "1"


def test_levels_that_do_not_fit(make_study: Make) -> None:
    with pytest.raises(SpecError, match=r"factors\.f\.levels\[1\]: data\.scale: must be none or l2-rows for texts"):
        make_study(data=TEXT, factors={"f": {"vary": "data.scale", "levels": ["none", "standard"]}})
