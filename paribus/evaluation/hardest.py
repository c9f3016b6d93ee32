"""Which classes and which items are hard, and what they are taken for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_Z = 1.959963984540054
"""Normal quantile of a two-sided 95 % interval."""


def hardest_classes(
    counts_SCC: Sequence[np.ndarray], class_names: Sequence[str], rows_C: Sequence[int], most: int = 5
) -> list[dict[str, str | float | int]]:
    """The classes of which the smallest share is found, worst first.

    Args:
        counts_SCC: one confusion matrix a seed, as `confusion` returns them or a sum of such; at least one.
        class_names: one name per class.
        rows_C: rows of each class, which stand in a matrix once a fold; classes without any are left out.
        most: classes at most.

    Returns:
        `class`, `recall` (mean share over seeds) with `ci_low` and `ci_high`, `support` (its rows), `taken_for` (the
        class its rows are most often taken for, empty where there is no mistake) and `taken_share` of its rows. The
        95 % interval is that of a share among `support` rows: what another test set would change, not another seed.

    Source: Wilson (1927), "Probable inference", as in SciPy `proportion_ci(method="wilson")`.
    """
    total_CC = np.sum(counts_SCC, axis=0)
    share_CC = total_CC / np.maximum(total_CC.sum(axis=1), 1)[:, None]
    missed_CC = share_CC - np.diag(np.diag(share_CC))
    found: list[dict[str, str | float | int]] = []
    for code in [code for code in np.argsort(np.diag(share_CC), kind="stable") if rows_C[code]][:most]:
        recall, support, taken = float(share_CC[code, code]), rows_C[code], missed_CC[code]
        low, high = _wilson(recall, support)
        name = class_names[int(taken.argmax())] if taken.any() else ""
        row = {"class": class_names[code], "recall": recall, "ci_low": low, "ci_high": high, "support": support}
        found.append({**row, "taken_for": name, "taken_share": float(taken.max())})
    return found


def confused_pairs(counts_SCC: Sequence[np.ndarray], most: int = 10) -> list[tuple[int, int, np.ndarray, int]]:
    """The pairs of classes with the most mistakes, most first.

    Args:
        counts_SCC: one confusion matrix a seed, as `confusion` returns them; at least one.
        most: pairs at most; those without any mistake are left out.

    Returns:
        For each pair the true class, the predicted class, the share of the true class's rows that are so mistaken,
        shape (seed,), and the number of these mistakes, all matrices together.
    """
    counts = np.stack(counts_SCC)
    shares = counts / np.maximum(counts.sum(axis=2, keepdims=True), 1)
    total_CC = counts.sum(axis=0)
    np.fill_diagonal(total_CC, 0)
    order = np.argsort(-total_CC, axis=None, kind="stable")[: min(most, np.count_nonzero(total_CC))]
    pairs = zip(*np.unravel_index(order, total_CC.shape), strict=True)
    return [(int(true), int(taken), shares[:, true, taken], int(total_CC[true, taken])) for true, taken in pairs]


def mistaken_items(p_BC: np.ndarray, y_B: np.ndarray, items_B: np.ndarray) -> dict[str, np.ndarray]:
    """The items that the average of several runs gets wrong, the most confident mistake first.

    Args:
        p_BC: probabilities of all runs, one below the other, shape (row, class).
        y_B: their true classes.
        items_B: their item numbers; an item stands once per run.

    Returns:
        Columns of equal length: `item`; `true` and `predicted` class; `confidence`, the mean over runs of the
        predicted class' probability; `wrong`, how many of the item's `runs` are wrong alone.
    """
    items, first, place_B = np.unique(items_B, return_index=True, return_inverse=True)
    runs, true = np.bincount(place_B), y_B[first]
    mean_BC = np.zeros((len(items), p_BC.shape[1]))
    np.add.at(mean_BC, place_B, p_BC)
    mean_BC /= runs[:, None]
    predicted, confidence = mean_BC.argmax(axis=1), mean_BC.max(axis=1)
    wrong = np.bincount(place_B, weights=p_BC.argmax(axis=1) != y_B).astype(np.int64)
    columns = {"item": items, "true": true, "predicted": predicted, "confidence": confidence}
    order = np.argsort(-confidence, kind="stable")
    order = order[predicted[order] != true[order]]
    return {name: column[order] for name, column in (columns | {"wrong": wrong, "runs": runs}).items()}


def _wilson(share: float, count: int) -> tuple[float, float]:
    centre, spread = share + _Z**2 / (2 * count), _Z * np.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    whole = 1 + _Z**2 / count
    return float(max(0.0, (centre - spread) / whole)), float(min(1.0, (centre + spread) / whole))
