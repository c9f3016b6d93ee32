"""Terms and their counts against scikit-learn's CountVectorizer."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from paribus.data.text.tokens import count_terms
from paribus.spec.data import TextFeatures

ODD = [
    "",
    "a b c",
    "The cat sat; the CAT ran. It's 3 o'clock, x-ray 42_b",
    "ΟΔΟΣ Σ σίσυφος ΣΊΣΥΦΟΣ. İstanbul ISTANBUL ﬁne STRASSE Straße",
    "naïve cafe\u0301 e\u0301e\u0301 日本語 テスト ٣٤ ½½ ²x 𝐀𝐁 😀smile😀 a\u200db\u00a0cd",
    "one\ntwo\r\nthree\x00four\u2028five",
    "the of and",
    "end",
]


def corpus() -> list[str]:
    rng = np.random.default_rng(0)
    words = [f"w{at}" for at in range(400)] + ["the", "of", "x", "É", "öl", "and"]
    return [" ".join(rng.choice(words, rng.integers(0, 40))) for _ in range(1500)] + ODD


@pytest.mark.parametrize("stop_words", ["none", "english"])
@pytest.mark.parametrize("ngrams", [1, 2, [2, 2], [2, 3], [1, 5]])
@pytest.mark.parametrize("texts", [ODD, corpus()], ids=["odd", "corpus"])
def test_terms_and_counts_are_those_of_scikit_learn(texts: list[str], ngrams: object, stop_words: str) -> None:
    text = TextFeatures.model_validate({"kind": "counts", "ngrams": ngrams, "stop_words": stop_words})
    peer = CountVectorizer(ngram_range=text.ngrams, stop_words=None if stop_words == "none" else stop_words)
    expected = peer.fit_transform(texts)
    expected.sort_indices()
    found = count_terms(texts, text)
    assert found.terms.to_pylist() == peer.get_feature_names_out().tolist()
    for name, array in (("indptr", found.indptr), ("indices", found.indices), ("counts", found.counts)):
        assert array.tolist() == getattr(expected, {"counts": "data"}.get(name, name)).tolist()


@pytest.mark.parametrize("ngrams", [1, 2, [2, 2]])
@pytest.mark.parametrize("texts", [["", "", "a !"], ["ab", "", "cd"]])
def test_texts_without_words_or_without_sequences(texts: list[str], ngrams: object) -> None:
    found = count_terms(texts, TextFeatures.model_validate({"kind": "counts", "ngrams": ngrams}))
    words = [] if ngrams == [2, 2] else [word for word in ("ab", "cd") if word in texts]
    assert found.terms.to_pylist() == words
    assert (len(found.indptr), found.indptr[-1], found.counts.tolist()) == (4, len(words), [1] * len(words))
