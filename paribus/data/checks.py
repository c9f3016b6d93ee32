"""What a reader must know of a data set before believing a result on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from paribus.data.dataset import Dataset


def describe(dataset: Dataset) -> dict[str, Any]:
    """Counts, class balance, range, missing values, duplicates and overlap, ready for JSON.

    Returns:
        `name`, `fingerprint`, `item_shape`, `dtype` (`text` for texts), `num_classes`; `rows` and `class_counts` for
        train and test;
        `range` of the finite values, [low, high] or null; `missing`, how many values are not finite; `duplicates`, rows
        that equal an earlier row of the same part, in `train` and `test`; `overlap`, test rows that also are training
        rows; `conflicting`, different items that have more than one label; `notes`, the source's own.
    """
    groups = _groups(dataset.x_train, dataset.x_test)
    train, test = np.split(groups, [len(dataset.x_train)])
    parts = () if dataset.is_text else (dataset.x_train, dataset.x_test)
    values = [x[np.isfinite(x)] if x.dtype.kind == "f" else x.ravel() for x in parts]
    filled = [part for part in values if part.size]
    return {
        "name": dataset.name,
        "fingerprint": dataset.fingerprint,
        "item_shape": list(dataset.item_shape),
        "dtype": "text" if dataset.is_text else str(dataset.x_train.dtype),
        "num_classes": dataset.num_classes,
        "rows": {"train": len(train), "test": len(test)},
        "class_counts": {
            "train": _class_counts(dataset.y_train, dataset.class_names),
            "test": _class_counts(dataset.y_test, dataset.class_names),
        },
        "range": [min(part.min().item() for part in filled), max(part.max().item() for part in filled)]
        if filled
        else None,
        "missing": sum(x.size for x in parts) - sum(part.size for part in values),
        "duplicates": {"train": len(train) - len(np.unique(train)), "test": len(test) - len(np.unique(test))},
        "overlap": int(np.isin(test, train).sum()),
        "conflicting": _conflicting(groups, np.concatenate([dataset.y_train, dataset.y_test])),
        "notes": list(dataset.notes),
    }


def facts(description: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What a reader must know of a data set, as terms with a phrase each.

    Args:
        description: from `describe`, with `near` from `near_duplicates` and `texts` from `describe_texts`.
    """
    duplicates, near = description["duplicates"], description["near"]
    terms = [
        *(_text_facts(description) if description.get("texts") else _value_facts(description)),
        ("duplicates", f"{duplicates['train']:,} in training, {duplicates['test']:,} in test"),
        ("overlap", f"{description['overlap']:,} test items are also training items"),
        ("conflicting", f"{description['conflicting']:,} items have more than one class"),
    ]
    if near:
        alike = f"{near['train']:,} training items have a near copy in training, {near['test']:,} test items in test"
        split = f"of {near['validation_rows']:,} training items held out at random (20 %)"
        terms.append(("near", f"{alike}, {near['overlap']:,} test items in training"))
        terms.append(("leak", f"{split}, {near['validation']:,} have a near copy among the others"))
    return terms


def _value_facts(description: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = description["rows"]
    sizes = description["item_shape"]
    shape = " x ".join(map(str, sizes)) + " features" * (len(sizes) == 1)
    low, high = [f"{value:.6g}" for value in description["range"] or ()] or ("-", "-")
    return [
        (
            "items",
            f"{rows['train']:,} training, {rows['test']:,} test; {shape} {description['dtype']}, {low} to {high}",
        ),
        ("missing", f"{description['missing']:,} values"),
    ]


def _text_facts(description: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows, texts = description["rows"], description["texts"]
    terms = [("items", f"{rows['train']:,} training, {rows['test']:,} test texts")]
    for part, name in (("train", "training"), ("test", "test")):
        words = texts["words"][part]
        middle = f"half of them {words['low']:,.0f} to {words['high']:,.0f}, median {words['median']:,.0f}"
        reach = f"{words['shortest']:,} to {words['longest']:,} words; {middle}; {words['empty']:,} without a word"
        terms.append((f"{name} texts", reach))
    once = f"{100 * texts['once']:.0f} % of them stand there once"
    return [*terms, ("vocabulary", f"{texts['vocabulary']:,} different words in training, {once}")]


def _groups(x_train: np.ndarray, x_test: np.ndarray) -> np.ndarray:
    """One number per row, train then test; equal bytes, equal number."""
    if x_train.dtype == object:
        return np.unique(np.concatenate([x_train, x_test]), return_inverse=True)[1]
    x = np.concatenate([part.reshape(len(part), np.prod(part.shape[1:], dtype=int)) for part in (x_train, x_test)])
    if x.dtype.kind == "f":
        x += 0.0  # -0.0 becomes 0.0, which equals it but has other bytes
    rows = np.ascontiguousarray(x).view(np.dtype((np.void, x.shape[1] * x.itemsize))).ravel()
    return np.unique(rows, return_inverse=True)[1]


def _class_counts(labels_B: np.ndarray, class_names: tuple[str, ...]) -> dict[str, int]:
    counts = np.bincount(labels_B, minlength=len(class_names))
    return {name: int(count) for name, count in zip(class_names, counts, strict=True)}


def _conflicting(groups_B: np.ndarray, labels_B: np.ndarray) -> int:
    """Number of groups that have more than one label."""
    pairs = np.unique(np.stack([groups_B, labels_B]), axis=1)
    return int((np.unique(pairs[0], return_counts=True)[1] > 1).sum())
