"""The features of a run against scikit-learn's vectorizers, fitted on the same rows."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.preprocessing import normalize

from paribus.data import Dataset
from paribus.data.prepared import prepare
from paribus.data.text.features import Documents, Vectorizer, fit_vectorizer
from paribus.data.text.tokens import write_tokens
from paribus.errors import DataError
from paribus.spec import TextFeatures

RNG = np.random.default_rng(0)
WORDS = [f"w{at}" for at in range(300)] + ["the", "of", "Öl", "x"]
SHARES = 1 / np.arange(1, len(WORDS) + 1)
TEXTS = [" ".join(RNG.choice(WORDS, RNG.integers(0, 30), p=SHARES / SHARES.sum())) for _ in range(400)]
ROWS = np.sort(RNG.permutation(300)[:200])
LABELS = np.arange(400) % 2
CASES: dict[str, dict[str, Any]] = {
    "tfidf": {"kind": "tfidf", "max_features": 1000},
    "ties": {"kind": "tfidf", "max_features": 150},
    "ties of counts": {"kind": "counts", "max_features": 150},
    "binary": {"kind": "binary", "max_features": 120},
    "sublinear": {"kind": "tfidf", "sublinear": True, "max_features": 1000},
    "ngrams": {"kind": "tfidf", "ngrams": [1, 3], "max_features": 500},
    "pairs": {"kind": "counts", "ngrams": [2, 2], "max_features": 100, "stop_words": "english"},
    "stop words": {"kind": "tfidf", "stop_words": "english", "max_features": 60},
    "min_df": {"kind": "tfidf", "min_df": 5, "max_features": 1000},
    "both limits": {"kind": "binary", "min_df": 5, "max_features": 50},
}


def dataset(texts: list[str]) -> Dataset:
    x = np.array(texts, object)
    return Dataset("toy", x[:300], LABELS[:300], x[300:], LABELS[300:], ("a", "b"))


def prepared(home: Path, text: TextFeatures, texts: list[str] = TEXTS) -> Path:
    folder, _ = prepare(dataset(texts), home)
    write_tokens(folder, text)
    return folder


def matrix(documents: Documents, rows: np.ndarray) -> csr_matrix:
    columns, values, ends = documents[rows]
    return csr_matrix((values, columns, np.array([0, *ends])), (len(rows), documents.num_features))


def peer_of(text: TextFeatures) -> Any:
    options: dict[str, Any] = {
        "ngram_range": text.ngrams,
        "stop_words": None if text.stop_words == "none" else text.stop_words,
        "max_features": text.max_features,
        "min_df": text.min_df,
    }
    if text.kind == "tfidf":
        return TfidfVectorizer(sublinear_tf=text.sublinear, **options)
    return CountVectorizer(binary=text.kind == "binary", **options)


@pytest.mark.parametrize("unit_rows", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_equal_to_scikit_learn(tmp_path: Path, case: str, unit_rows: bool) -> None:
    text = TextFeatures.model_validate(CASES[case])
    folder = prepared(tmp_path, text)
    found = fit_vectorizer(folder, text, ROWS, unit_rows)
    peer = peer_of(text).fit([TEXTS[row] for row in ROWS])
    terms = peer.get_feature_names_out().tolist()
    assert list(found.terms) == terms
    if text.kind == "tfidf":
        np.testing.assert_allclose(found.idf, peer.idf_, rtol=1e-12)
    for part, texts in (("train", TEXTS[:300]), ("test", TEXTS[300:])):
        features = matrix(found.transform_part(folder, part), np.arange(len(texts)))
        expected = peer.transform(texts).toarray().astype(float)
        expected = normalize(expected) if unit_rows else expected
        assert features.shape == (len(texts), text.max_features)
        np.testing.assert_allclose(features[:, : len(terms)].toarray(), expected, atol=1e-12)
        assert features[:, len(terms) :].nnz == 0


@pytest.mark.parametrize("case", CASES)
def test_raw_texts_and_a_restored_vectorizer_give_the_same_bits(tmp_path: Path, case: str) -> None:
    text = TextFeatures.model_validate(CASES[case])
    folder = prepared(tmp_path, text)
    fitted = fit_vectorizer(folder, text, ROWS, unit_rows=True)
    restored = Vectorizer.from_arrays(text, fitted.arrays(), unit_rows=True)
    assert restored.terms == fitted.terms
    rows = np.arange(100)
    expected = fitted.transform_part(folder, "test")[rows]
    for found in (
        fitted.transform(TEXTS[300:])[rows],
        restored.transform(TEXTS[300:])[rows],
        restored.transform_part(folder, "test")[rows],
    ):
        for ours, theirs in zip(found, expected, strict=True):
            assert np.array_equal(ours, theirs)


@pytest.mark.parametrize("kind", ["tfidf", "counts", "binary"])
def test_fitting_sees_no_other_documents(tmp_path: Path, kind: Any) -> None:
    text = TextFeatures(kind=kind, max_features=50)
    planted = [one if row in ROWS else f"planted {one} w1 w1 w1 planted planted" for row, one in enumerate(TEXTS)]
    found = fit_vectorizer(prepared(tmp_path / "planted", text, planted), text, ROWS)
    plain = fit_vectorizer(prepared(tmp_path / "plain", text), text, ROWS)
    assert found.terms == plain.terms
    assert np.array_equal(found.idf, plain.idf)
    assert "planted" in fit_vectorizer(prepared(tmp_path / "planted", text, planted), text, np.arange(300)).terms


def test_no_term_is_left(tmp_path: Path) -> None:
    text = TextFeatures(kind="tfidf", min_df=201)
    with pytest.raises(
        DataError, match=r"No term stands in data\.text\.min_df = 201 of the 200 training texts\. Lower"
    ):
        fit_vectorizer(prepared(tmp_path, text), text, ROWS)


def test_what_is_there_is_used_again_and_other_counts_are_added(tmp_path: Path) -> None:
    folder = prepared(tmp_path, TextFeatures(kind="tfidf"))
    before = {path.name: path.stat().st_mtime_ns for path in folder.rglob("*.npy")}
    assert {"y_train.npy", "y_test.npy", "terms.npy", "train_counts.npy"} <= before.keys()
    assert {path.parent.name for path in folder.rglob("x_*.npy")} == {"texts"}
    assert np.load(folder / "tokens-1-1-none" / "train_counts.npy").dtype == np.uint16
    prepared(tmp_path, TextFeatures(kind="binary", max_features=3))
    assert {path.name: path.stat().st_mtime_ns for path in folder.rglob("*.npy")} == before
    prepared(tmp_path, TextFeatures(kind="tfidf", ngrams=2, stop_words="english"))
    names = sorted(path.name for path in folder.iterdir() if path.is_dir())
    assert names == ["texts", "tokens-1-1-none", "tokens-1-2-english"]


def test_counts_that_need_more_bits(tmp_path: Path) -> None:
    text = TextFeatures(kind="counts", max_features=3)
    often = "often " * 70_000
    folder = prepared(tmp_path, text, [one if row not in (ROWS[0], 399) else often for row, one in enumerate(TEXTS)])
    fitted = fit_vectorizer(folder, text, ROWS)
    assert fitted.transform_part(folder, "test")[np.array([99])][1].max() == 70_000
    assert fitted.transform([often])[np.array([0])][1].max() == 70_000
    assert np.load(folder / "tokens-1-1-none" / "test_counts.npy").max() == 70_000


def test_any_documents_in_any_order(tmp_path: Path) -> None:
    text = TextFeatures(kind="tfidf", max_features=150)
    folder = prepared(tmp_path, text)
    documents = fit_vectorizer(folder, text, ROWS).transform_part(folder, "train")
    rows = RNG.integers(0, 300, 500)
    assert np.array_equal(matrix(documents, rows).toarray(), matrix(documents, np.arange(300)).toarray()[rows])
    assert matrix(documents, rows[:0]).shape == (0, 150)
