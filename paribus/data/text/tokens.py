"""Counts of every term in every document: made once for a data set, shared by all runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from paribus.data.text.stored import read_texts
from paribus.errors import DataError
from paribus.spec.data import TextFeatures
from paribus.store.checksums import is_whole
from paribus.store.writing import remove_damaged, written

_CHUNK = 1024  # documents
Level = tuple[np.ndarray, Any]
"""The sequence of words that starts at each place, and their names, of one length."""


@dataclass(frozen=True)
class Tokens:
    """Terms and their counts, one document per row, as in a CSR matrix.

    Args:
        indptr: where each document's entries start, shape (document + 1,), int64.
        indices: the term of each entry, ascending in a document, int32.
        counts: how often it stands there, int32.
        terms: all terms in the order of their code points, an Arrow array of strings.
    """

    indptr: np.ndarray
    indices: np.ndarray
    counts: np.ndarray
    terms: Any


def token_folder(folder: Path, text: TextFeatures) -> Path:
    """Where the counts that `text` needs lie in the folder of a prepared data set."""
    low, high = text.ngrams
    return folder / f"tokens-{low}-{high}-{text.stop_words}"


def write_tokens(folder: Path, text: TextFeatures) -> None:
    """Write the counts of a prepared data set's texts into its `token_folder`, unless they are there and whole.

    `{train,test}_{indptr,indices,counts}.npy` as in `Tokens`, counts as uint16 where they fit; `terms.npy`, the terms
    of both parts one after the other in UTF-8, and `ends.npy`, where each of them ends.

    Raises:
        StoreError: the disk is full, or the folder cannot be written.
        DataError: the texts are damaged.
    """
    target = token_folder(folder, text)
    if is_whole(target):
        return
    texts = read_texts(folder)
    if texts is None:
        raise DataError(f"{folder / 'texts'} is damaged. The same command makes it anew from the data.")
    tokens = count_terms([*texts["x_train"], *texts["x_test"]], text)
    _, ends, content = tokens.terms.buffers()
    arrays = {
        "terms": np.frombuffer(content, np.uint8),
        "ends": np.frombuffer(ends, np.int32)[1 : len(tokens.terms) + 1].astype(np.int64),
    }
    kind = count_type(tokens.counts)
    num_train = len(texts["x_train"])
    for part, rows in (("train", slice(0, num_train + 1)), ("test", slice(num_train, None))):
        indptr = tokens.indptr[rows]
        entries = slice(indptr[0], indptr[-1])
        arrays[f"{part}_indptr"], arrays[f"{part}_indices"] = indptr - indptr[0], tokens.indices[entries]
        arrays[f"{part}_counts"] = tokens.counts[entries].astype(kind)
    with written(target) as temporary:
        temporary.mkdir()
        for name, array in arrays.items():
            np.save(temporary / f"{name}.npy", array, allow_pickle=False)
        remove_damaged(target)


def count_type(counts: np.ndarray) -> type[np.uint16] | type[np.int32]:
    """How counts are kept: in half of the memory where they fit."""
    return np.uint16 if counts.max(initial=0) < 2**16 else np.int32


def count_terms(texts: Sequence[str], text: TextFeatures) -> Tokens:
    """Find the terms of all texts and count them.

    Terms are those of scikit-learn's `CountVectorizer`: runs of two or more letters, digits and underscores, in lower
    case, without the stop words, then all sequences of `text.ngrams` of them, joined by spaces.

    Args:
        texts: the documents.
        text: of which only `ngrams` and `stop_words` matter here.

    Source: scikit-learn, `CountVectorizer` with its default analyser; the same terms without a Python object each.
    """
    words, ids, ends = _words(texts, text)
    levels = [(ids, words)]
    for length in range(2, text.ngrams[1] + 1):
        levels.append(_longer(levels[-1], words, ids[length - 1 :], _starts(ends, length)))
    del levels[: text.ngrams[0] - 1]
    terms = pa.concat_arrays([names for _, names in levels])
    order = _compute().array_sort_indices(terms)  # bytes of UTF-8 sort as code points do
    rank = np.empty(len(terms), np.int32)
    rank[_numbers(order)] = np.arange(len(terms), dtype=np.int32)
    ranks = np.split(rank, np.cumsum([len(names) for _, names in levels])[:-1])
    ranked = [(grams, np.append(rank, np.int32(-1))) for (grams, _), rank in zip(levels, ranks, strict=True)]
    indptr, indices, counts = _counted(ranked, ends, len(terms))
    return Tokens(indptr, indices, counts, terms.take(order))


def analyser(text: TextFeatures, vocabulary: Sequence[str] | None = None) -> Any:
    """Scikit-learn's `CountVectorizer` for the same terms, or for those of `vocabulary` alone."""
    from sklearn.feature_extraction.text import CountVectorizer

    stop_words = None if text.stop_words == "none" else text.stop_words
    return CountVectorizer(ngram_range=text.ngrams, stop_words=stop_words, vocabulary=vocabulary)


def _words(texts: Sequence[str], text: TextFeatures) -> tuple[Any, np.ndarray, np.ndarray]:
    """The different words, the word at each place of all texts, and where each text ends among these places."""
    words, ids, ends = _numbered(texts)
    if text.stop_words == "none":
        return words, ids, ends
    left_out = analyser(text).get_stop_words()  # so late, as scikit-learn takes a second and 80 MB
    kept = ~np.isin(words.to_numpy(zero_copy_only=False), list(left_out))
    ids = np.where(kept, np.cumsum(kept, dtype=np.int32) - 1, -1)[ids]
    ends = np.concatenate([[0], np.cumsum(ids >= 0)])[ends]
    return words.filter(pa.array(kept)), ids[ids >= 0], ends


def _numbered(texts: Sequence[str]) -> tuple[Any, np.ndarray, np.ndarray]:
    """The same with the stop words, numbered chunk by chunk and then alike: all words at once take much memory."""
    chunks: list[tuple[Any, np.ndarray]] = []
    lengths: list[np.ndarray] = []
    for start in range(0, len(texts), _CHUNK):
        words, counts = _split(texts[start : start + _CHUNK])
        chunks.append((words.dictionary, _numbers(words.indices)))
        lengths.append(counts)
    ends = np.cumsum(np.concatenate(lengths))
    alike = pa.chunked_array([words for words, _ in chunks], pa.string()).dictionary_encode().combine_chunks()
    number_of, ids, place = _numbers(alike.indices), np.empty(ends[-1], np.int32), slice(0)
    while chunks:  # which lets each go
        words, own = chunks.pop(0)
        place = slice(place.stop, place.stop + len(own))
        ids[place] = number_of[own]
        number_of = number_of[len(words) :]
    return alike.dictionary, ids, ends


def _split(texts: Sequence[str]) -> tuple[Any, np.ndarray]:
    """The words of all texts, one after the other, as numbers in a dictionary, and how many each text has."""
    lower = [text.lower() for text in texts]
    codes = np.frombuffer("\n".join(["", *lower, ""]).encode("utf-32-le"), np.uint32)
    inside = _in_words(codes)
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    starts, stops = edges[::2], edges[1::2]
    long = stops - starts > 1
    inside[starts[~long]] = False
    starts, stops = starts[long], stops[long]
    blob = codes[inside]
    width = 1 + (blob >= 0x80).astype(np.int32) + (blob >= 0x800) + (blob >= 0x10000)  # bytes in UTF-8
    offsets = np.concatenate([[0], np.cumsum(width)])[np.concatenate([[0], np.cumsum(stops - starts)])]
    content = blob.tobytes().decode("utf-32-le").encode()
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(content)]
    ends = np.cumsum([len(text) + 1 for text in lower]) + 1
    counts = np.diff(np.searchsorted(starts, ends), prepend=0)
    return pa.Array.from_buffers(pa.string(), len(starts), buffers).dictionary_encode(), counts


def _in_words(codes: np.ndarray) -> np.ndarray:
    r"""Whether each code point is a `\w` of Python's regular expressions."""
    present = np.flatnonzero(np.bincount(codes))
    table = np.zeros(int(present[-1]) + 1, bool)
    table[present] = [chr(code).isalnum() or chr(code) == "_" for code in present]
    return table[codes]


def _starts(ends: np.ndarray, length: int) -> np.ndarray:
    """The places from which `length` words follow in the same document."""
    left = np.repeat(ends.astype(np.int32), np.diff(ends, prepend=0))
    left -= np.arange(len(left), dtype=np.int32)
    return np.flatnonzero(left >= length).astype(np.int32)


def _longer(shorter: Level, words: Any, following: np.ndarray, places: np.ndarray) -> Level:
    """The sequences longer by a word: which starts at each place (-1: none), and their names."""
    grams, names = shorter
    codes = grams[places].astype(np.int64)
    codes *= len(words)
    codes += following[places]
    encoded = pa.array(codes).dictionary_encode()
    prefix, last = np.divmod(_numbers(encoded.dictionary), max(1, len(words)))
    longer = np.full(len(grams), -1, np.int32)
    longer[places] = _numbers(encoded.indices)
    return longer, _compute().binary_join_element_wise(names.take(pa.array(prefix)), words.take(pa.array(last)), " ")


def _counted(
    ranked: Sequence[tuple[np.ndarray, np.ndarray]], ends: np.ndarray, num_terms: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row pointers, terms and counts; for each length the sequence at each place, and its rank, the last for none."""
    bounds = np.concatenate([[0], ends])
    most = sum(len(grams) for grams, _ in ranked)
    indices, counts = np.empty(most, np.int32), np.empty(most, np.int32)  # in no memory before they are written to
    filled, place = [np.zeros(1, np.int64)], slice(0)
    for start in range(0, len(ends), _CHUNK):
        inside = bounds[start : start + _CHUNK + 1]
        first_key = np.repeat(np.arange(len(inside) - 1) * num_terms, np.diff(inside))
        chunks = [rank[grams[inside[0] : inside[-1]]] for grams, rank in ranked]
        keys = np.concatenate([(first_key + terms)[terms >= 0] for terms in chunks])
        keys, found = np.unique(keys, return_counts=True)
        rows, columns = np.divmod(keys, max(1, num_terms))
        filled.append(np.bincount(rows, minlength=len(inside) - 1))
        place = slice(place.stop, place.stop + len(keys))
        indices[place], counts[place] = columns, found
    return np.cumsum(np.concatenate(filled)), indices[: place.stop], counts[: place.stop]


def _numbers(array: Any) -> np.ndarray:
    """An Arrow array's own memory; its `to_numpy` would import pandas, which takes half a second."""
    kind = np.dtype(str(array.type))
    return np.frombuffer(array.buffers()[1], kind)[array.offset : array.offset + len(array)]


def _compute() -> Any:
    """Arrow's functions, which are made when they are imported: so late, as workers need none, and of any type."""
    import pyarrow.compute

    return pyarrow.compute
