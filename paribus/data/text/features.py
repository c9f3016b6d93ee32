"""From counts of terms to the features of one run, fitted on its own training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from scipy.sparse import csr_matrix, vstack

from paribus.data.text.tokens import analyser, token_folder
from paribus.errors import DataError
from paribus.spec.data import TextFeatures

_CHUNK = 4096  # documents


@dataclass(frozen=True)
class Vectorizer:
    """What one run makes of texts.

    Args:
        text: what was asked for.
        terms: those that became features, sorted; column n is that of the n-th.
        ids: their numbers among all terms of the token folder.
        idf: factor of each of them, float64; 1 unless the kind is `tfidf`.
        unit_rows: whether each row is divided by its norm, as `scale: l2-rows` asks.
    """

    text: TextFeatures
    terms: tuple[str, ...]
    ids: np.ndarray
    idf: np.ndarray
    unit_rows: bool = False

    def transform_part(self, folder: Path, part: Literal["train", "test"]) -> csr_matrix:
        """Features of all documents of a part, float32, shape (document, max_features).

        Args:
            folder: of the prepared data set.
            part: `train` or `test`.
        """
        indptr, indices, counts = _entries(token_folder(folder, self.text), part)
        column = np.full(int(max(indices.max(initial=0), self.ids.max())) + 1, -1, np.int32)
        column[self.ids] = np.arange(len(self.ids), dtype=np.int32)
        chunks = [indptr[start : start + _CHUNK + 1] for start in range(0, len(indptr) - 1, _CHUNK)]
        return vstack([self._chunk(column, ends, indices, counts) for ends in chunks], "csr")

    def _chunk(self, column: np.ndarray, ends: np.ndarray, indices: np.ndarray, counts: np.ndarray) -> csr_matrix:
        """Features of the documents between these ends: in chunks, what is needed on the way takes little memory."""
        place = slice(ends[0], ends[-1])
        columns = column[indices[place]]
        kept = columns >= 0
        filled = np.concatenate([[0], np.cumsum(kept)])[ends - ends[0]]
        entries = counts[place][kept].astype(np.float64), columns[kept], filled
        return self._weighted(csr_matrix(entries, self._shape(ends)))

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """Features of any texts, the same bits as `transform_part` gives, shape (text, max_features)."""
        counts: Any = analyser(self.text, vocabulary=self.terms).transform(texts)
        counts.sort_indices()
        indptr = counts.indptr
        return self._weighted(csr_matrix((counts.data.astype(np.float64), counts.indices, indptr), self._shape(indptr)))

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it but `text` and `unit_rows`, to be saved beside the weights."""
        return {
            "text.terms": np.frombuffer("\n".join(self.terms).encode(), np.uint8),
            "text.ids": self.ids,
            "text.idf": self.idf,
        }

    @classmethod
    def from_arrays(cls, text: TextFeatures, arrays: Mapping[str, np.ndarray], unit_rows: bool = False) -> Vectorizer:
        """The vectorizer that gave these `arrays`."""
        terms = tuple(arrays["text.terms"].tobytes().decode().split("\n"))
        return cls(text, terms, arrays["text.ids"], arrays["text.idf"], unit_rows)

    def _shape(self, indptr: np.ndarray) -> tuple[int, int]:
        return len(indptr) - 1, self.text.max_features

    def _weighted(self, counts: csr_matrix) -> csr_matrix:
        from sklearn.preprocessing import normalize

        if self.text.kind == "binary":
            counts.data.fill(1)
        if self.text.sublinear:
            counts.data = 1 + np.log(counts.data)
        counts.data *= self.idf[counts.indices]
        if self.unit_rows or self.text.kind == "tfidf":
            normalize(counts, copy=False)
        return counts.astype(np.float32)


def fit_vectorizer(folder: Path, text: TextFeatures, rows: np.ndarray, unit_rows: bool = False) -> Vectorizer:
    """Choose terms and weigh them by the given training rows; no other document is seen.

    The `max_features` most frequent terms are taken, of equally frequent ones those that scikit-learn takes.

    Args:
        folder: of the prepared data set.
        text: how texts become features.
        rows: numbers of the run's training rows.
        unit_rows: see `Vectorizer`.

    Raises:
        DataError: no term is left.

    Source: scikit-learn, `CountVectorizer` and `TfidfTransformer` with smoothed idf.
    """
    tokens = token_folder(folder, text)
    indptr, indices, counts = _entries(tokens, "train")
    ends = np.load(tokens / "ends.npy", mmap_mode="r")
    chosen = np.zeros(len(indptr) - 1, bool)
    chosen[rows] = True
    chosen = np.repeat(chosen, np.diff(indptr))
    indices = indices[chosen]
    documents = np.bincount(indices, minlength=len(ends))
    weights = None if text.kind == "binary" else counts[chosen]
    totals = np.bincount(indices, weights, len(ends)).astype(np.float64 if text.kind == "tfidf" else np.int64)
    ids = np.flatnonzero(documents >= text.min_df)
    if not len(ids):
        raise DataError(
            f"No term stands in data.text.min_df = {text.min_df} of the {len(rows)} training texts. Lower it, or give "
            "other texts."
        )
    if len(ids) > text.max_features:
        ids = np.sort(ids[np.argsort(-totals[ids])[: text.max_features]])  # unstable, as scikit-learn's is
    idf = np.log((1 + len(rows)) / (1 + documents[ids])) + 1 if text.kind == "tfidf" else np.ones(len(ids))
    return Vectorizer(text, _terms(tokens, ids, ends), ids, idf, unit_rows)


def _entries(tokens: Path, part: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row pointers, terms and counts of a part, mapped."""
    indptr, indices, counts = (
        np.load(tokens / f"{part}_{name}.npy", mmap_mode="r") for name in ("indptr", "indices", "counts")
    )
    return indptr, indices, counts


def _terms(tokens: Path, ids: np.ndarray, ends: np.ndarray) -> tuple[str, ...]:
    blob = np.load(tokens / "terms.npy", mmap_mode="r")
    starts = np.where(ids > 0, ends[ids - 1], 0)
    return tuple(blob[start:end].tobytes().decode() for start, end in zip(starts, ends[ids], strict=True))
