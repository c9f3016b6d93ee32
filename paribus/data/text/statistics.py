"""What a reader must know of texts before believing a result on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from paribus.data.dataset import Dataset
from paribus.data.text.tokens import Tokens, count_terms
from paribus.planning.streams import stream
from paribus.spec.data import TextFeatures

_TOP, _RANDOM, _EACH = 10, 20, 3
_SHOWN = 300  # characters of a sample
_BINS = 32
_CLASSES = 60
"""Classes up to which there are samples of each."""


def describe_texts(dataset: Dataset) -> dict[str, Any] | None:
    """Lengths, vocabulary, the most telling words of each class and samples, ready for JSON; IMDB takes some seconds.

    A word is a run of two or more letters, digits or underscores, in lower case.

    Returns:
        `words`: for `train` and `test`, `shortest`, `low` (lower quartile), `median`, `high`, `longest`, and `empty`,
        how many texts have no word; `lengths`: `from` and `to` of bins of the number of words, how many texts of
        `train` and `test` fall into each, the longest into the last; `vocabulary`: different words in training; `once`:
        the share of them that stand there once; `top`: by class, its words with the highest `score` (see `log_odds`),
        only such above 0; `random` and `classes`: samples of training, with `row`, `class` and the beginning of the
        `text`. None if the items are no texts.
    """
    if not dataset.is_text:
        return None
    tokens = count_terms([*dataset.x_train, *dataset.x_test], TextFeatures(kind="counts"))
    lengths = np.add.reduceat(np.append(tokens.counts, 0), tokens.indptr[:-1]) * (np.diff(tokens.indptr) > 0)
    train, test = np.split(lengths, [len(dataset.x_train)])
    counts_CF = _class_totals(tokens, dataset)
    totals = counts_CF.sum(axis=0)
    order = stream(0, "sample", "shown").permutation(len(dataset.y_train))
    few = dataset.num_classes <= _CLASSES
    rows = [order[dataset.y_train[order] == code][:_EACH] for code in range(dataset.num_classes if few else 0)]
    return {
        "words": {"train": _quartiles(train), "test": _quartiles(test)},
        "lengths": _histogram(train, test),
        "vocabulary": int((totals > 0).sum()),
        "once": float((totals == 1).sum() / max(1, (totals > 0).sum())),
        "top": dict(zip(dataset.class_names, _top(counts_CF, tokens.terms), strict=True)),
        "random": _samples(dataset, np.sort(order[:_RANDOM])),
        "classes": _samples(dataset, np.concatenate([*rows, np.empty(0, int)]).astype(int)),
    }


def log_odds(counts_CF: np.ndarray, code: int) -> np.ndarray:
    """How much more often each word stands in a class than in all others, in standard deviations.

    The log-odds ratio is smoothed by counting each word once more, in either group, as often as in all classes, so
    that rare words do not win.

    Args:
        counts_CF: how often each word stands in each class, shape (class, word); every word at least once.
        code: the class.

    Returns:
        Scores of shape (word,), about standard normal for a word that is as frequent in the class as elsewhere.

    Source: Monroe, Colaresi and Quinn (2008), "Fightin' words", equations 16, 20 and 22, with all texts as the prior.
    """
    prior_F = counts_CF.sum(axis=0)
    own_F = counts_CF[code] + prior_F
    other_F = 2 * prior_F - counts_CF[code]
    odds_F = np.log(own_F / np.maximum(own_F.sum() - own_F, 1)) - np.log(
        other_F / np.maximum(other_F.sum() - other_F, 1)
    )
    return odds_F / np.sqrt(1 / own_F + 1 / other_F)


def _class_totals(tokens: Tokens, dataset: Dataset) -> np.ndarray:
    """How often each word of any text stands in each class of training, shape (class, word)."""
    inside = slice(0, int(tokens.indptr[len(dataset.x_train)]))
    labels = np.repeat(dataset.y_train, np.diff(tokens.indptr[: len(dataset.x_train) + 1]))
    indices, counts = tokens.indices[inside], tokens.counts[inside]
    totals = [
        np.bincount(indices[labels == code], counts[labels == code], len(tokens.terms))
        for code in range(dataset.num_classes)
    ]
    return np.stack(totals)


def _top(counts_CF: np.ndarray, terms: Any) -> Iterator[list[dict[str, Any]]]:
    """The most telling words of each class, with their scores."""
    seen = np.flatnonzero(counts_CF.sum(axis=0))
    for code in range(len(counts_CF)):
        scores = log_odds(counts_CF[:, seen], code)
        best = np.argsort(-scores, kind="stable")[:_TOP]
        yield [{"word": terms[int(seen[at])].as_py(), "score": float(scores[at])} for at in best if scores[at] > 0]


def _quartiles(lengths: np.ndarray) -> dict[str, float]:
    shortest, low, median, high, longest = np.quantile(lengths, [0, 0.25, 0.5, 0.75, 1]).tolist()
    ends = {"shortest": int(shortest), "longest": int(longest), "empty": int((lengths == 0).sum())}
    return {**ends, "low": low, "median": median, "high": high}


def _histogram(train: np.ndarray, test: np.ndarray) -> list[dict[str, int]]:
    """Bins of equal width up to the length that one text in a hundred exceeds; the last holds all longer ones."""
    width = int(np.quantile(train, 0.99)) // (_BINS - 1) + 1
    last = max(train.max(), test.max()) // width
    counts = [np.bincount(np.minimum(part // width, _BINS - 1), minlength=_BINS) for part in (train, test)]
    return [
        {"from": at * width, "to": at * width + width - 1, "train": int(counts[0][at]), "test": int(counts[1][at])}
        for at in range(min(_BINS, int(last) + 1))
    ]


def _samples(dataset: Dataset, rows: np.ndarray) -> list[dict[str, Any]]:
    return [
        {
            "row": int(row),
            "class": dataset.class_names[dataset.y_train[row]],
            "text": text if len(text) <= _SHOWN else text[:_SHOWN] + " …",
        }
        for row in rows
        for text in [dataset.x_train[row]]
    ]
