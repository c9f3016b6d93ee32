"""From counts of terms to the features of one run, fitted on its own training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from paribus import kernels
from paribus.data.text.tokens import analyser, count_type, token_folder
from paribus.errors import DataError
from paribus.spec.data import TextFeatures


@dataclass(frozen=True)
class Documents:
    """Counted terms that become features document by document.

    Args:
        entries: row pointers, terms and counts, as in `Tokens`.
        column: of each term, -1 where it is no feature.
        weight: of a term that stands in a document 0, 1, 2 ... times, float64.
        idf: factor of each column.
        unit_rows: whether each row is divided by its norm.
        num_features: columns, of which the last may have no term.
    """

    entries: tuple[np.ndarray, np.ndarray, np.ndarray]
    column: np.ndarray
    weight: np.ndarray
    idf: np.ndarray
    unit_rows: bool
    num_features: int

    def __getitem__(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Features of the documents of these numbers: columns, their values, float64, and where each document ends."""
        indptr = self.entries[0]
        most = int((indptr[rows + 1] - indptr[rows]).sum())
        columns, values, ends = np.empty(most, np.int32), np.empty(most), np.empty(len(rows), np.int64)
        kernels.weigh_terms(
            self.entries, rows, (self.column, self.weight, self.idf), self.unit_rows, (columns, values, ends)
        )
        kept = slice(ends.max(initial=0))
        return columns[kept], values[kept], ends


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

    def transform_part(self, folder: Path, part: Literal["train", "test"]) -> Documents:
        """Features of the documents of a part, which stay counts on disk, shared by all processes, until asked for.

        Args:
            folder: of the prepared data set.
            part: `train` or `test`.
        """
        tokens = token_folder(folder, self.text)
        column = np.full(len(np.load(tokens / "ends.npy", mmap_mode="r")), -1, np.int32)
        column[self.ids] = np.arange(len(self.ids), dtype=np.int32)
        return self._documents(_entries(tokens, part), column)

    def transform(self, texts: Sequence[str]) -> Documents:
        """Features of any texts, the same bits as `transform_part` gives."""
        matrix: Any = analyser(self.text, vocabulary=self.terms).transform(texts)
        matrix.sort_indices()
        counts = matrix.data.astype(count_type(matrix.data))
        entries = matrix.indptr.astype(np.int64), matrix.indices, counts
        return self._documents(entries, np.arange(len(self.ids), dtype=np.int32))

    def _documents(self, entries: tuple[np.ndarray, np.ndarray, np.ndarray], column: np.ndarray) -> Documents:
        weight = np.arange(int(entries[2].max(initial=0)) + 1, dtype=np.float64)
        if self.text.kind == "binary":
            weight.fill(1)
        if self.text.sublinear:
            weight = 1 + np.log(np.maximum(weight, 1))
        unit_rows = self.unit_rows or self.text.kind == "tfidf"
        return Documents(entries, column, weight, self.idf, unit_rows, self.text.max_features)

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
    ends = np.load(tokens / "ends.npy", mmap_mode="r")
    documents, totals = np.zeros(len(ends), np.int64), np.zeros(len(ends), np.int64)
    kernels.sum_terms(_entries(tokens, "train"), rows, (documents, totals))
    if text.kind == "binary":
        totals = documents
    ids = np.flatnonzero(documents >= text.min_df)
    if not len(ids):
        raise DataError(
            f"No term stands in data.text.min_df = {text.min_df} of the {len(rows)} training texts. Lower it, or give "
            "other texts."
        )
    if len(ids) > text.max_features:
        totals = -totals[ids].astype(np.float64 if text.kind == "tfidf" else np.int64)
        ids = np.sort(ids[np.argsort(totals)[: text.max_features]])  # unstable, as scikit-learn's is
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
