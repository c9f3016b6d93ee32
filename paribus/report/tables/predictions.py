"""Tables of the predictions of the best variant and the baseline, by class and by item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from paribus.comparison.statistics.intervals import t_interval
from paribus.evaluation.confusion import confusion
from paribus.evaluation.hardest import confused_pairs, hardest_classes, mistaken_items
from paribus.evaluation.metrics import averages, class_report
from paribus.evaluation.suspects import label_suspects
from paribus.store import Store

_RATES = ["precision", "recall", "f1"]
_HARDEST = ["class", "recall", "ci_low", "ci_high", "support", "taken_for", "taken_share"]
_CONFUSED = ["true", "predicted", "share", "ci_low", "ci_high", "count"]
_SUSPECTS = ["item", "given", "likely", "p_given", "p_likely", "runs"]
_MISTAKES = ["item", "true", "predicted", "confidence", "wrong", "runs"]


def confusions(store: Store, runs: pd.DataFrame, variant: str | None) -> list[np.ndarray]:
    """One matrix per seed, the sum over its finished folds, each of shape (class, class)."""
    done = runs[(runs["variant"] == variant) & (runs["status"] == "finished")]
    by_seed: dict[int, list[np.ndarray]] = {}
    for seed, key in zip(done["seed"], done["key"], strict=True):
        arrays = store.predictions(key)
        by_seed.setdefault(seed, []).append(confusion(arrays["test_probabilities"], arrays["test_labels"]))
    return [np.sum(folds, axis=0) for folds in by_seed.values()]


def pairs(counts_SCC: Sequence[np.ndarray], names: Sequence[str]) -> pd.DataFrame:
    """Columns true, predicted and count, summed over seeds."""
    if not counts_SCC:
        return pd.DataFrame(columns=["true", "predicted", "count"])
    total_CC = np.sum(counts_SCC, axis=0)
    return pd.DataFrame(
        {"true": np.repeat(names, len(names)), "predicted": np.tile(names, len(names)), "count": total_CC.ravel()}
    )


def classes(counts_SCC: Sequence[np.ndarray], names: Sequence[str], rows_C: Sequence[int]) -> pd.DataFrame:
    """The classification report, its averages below: mean over seeds, `_min` and `_max` of each rate, and support.

    Args:
        counts_SCC: from `confusions`.
        names: of the classes.
        rows_C: test rows of each class, which are their support; with folds they stand in a matrix several times. A
            class without any has no rates: nan.
    """
    reports = [pd.DataFrame([*class_report(counts_CC, names), *averages(counts_CC)]) for counts_CC in counts_SCC]
    if not reports:
        return pd.DataFrame(columns=["class", *_RATES, "support"])
    values_SCR = np.stack([report[_RATES].to_numpy(dtype=float) for report in reports])
    ways = {"": values_SCR.mean(axis=0), "_min": values_SCR.min(axis=0), "_max": values_SCR.max(axis=0)}
    columns = {f"{rate}{end}": table[:, i] for i, rate in enumerate(_RATES) for end, table in ways.items()}
    support = pd.Series([*rows_C, sum(rows_C), sum(rows_C)])
    rates = pd.DataFrame(columns).where(support > 0)
    return pd.concat([reports[0]["class"], rates, support.rename("support")], axis=1)


def recalls(counts: Mapping[str, Sequence[np.ndarray]], names: Sequence[str]) -> pd.DataFrame:
    """Columns variant, class, accuracy: the share of the class's test rows that is found; one row per class and seed.

    Classes without test rows are left out.

    Args:
        counts: confusion matrices of each seed, by variant.
        names: of the classes.
    """
    rows = [
        (variant, row["class"], row["recall"])
        for variant, counts_SCC in counts.items()
        for counts_CC in counts_SCC
        for row in class_report(counts_CC, names)
        if row["support"]
    ]
    return pd.DataFrame(rows, columns=["variant", "class", "accuracy"])


def hardest(counts_SCC: Sequence[np.ndarray], names: Sequence[str], rows_C: Sequence[int]) -> pd.DataFrame:
    """The five hardest classes, as `hardest_classes` gives them."""
    return pd.DataFrame(hardest_classes(counts_SCC, names, rows_C) if counts_SCC else [], columns=_HARDEST)


def confused(counts_SCC: Sequence[np.ndarray], names: Sequence[str]) -> pd.DataFrame:
    """The ten pairs of classes with the most mistakes: mean share of the true class's rows, its 95 % interval, count.

    The interval is Student's over seeds, cut off at 0 and 1; the count is of all runs together.
    """
    rows: list[tuple[str, str, float, float, float, int]] = []
    for true, taken, share_S, count in confused_pairs(counts_SCC) if counts_SCC else []:
        interval = t_interval(share_S)
        low, high = np.clip([interval.low, interval.high], 0, 1)
        rows.append((names[true], names[taken], float(share_S.mean()), low, high, count))
    return pd.DataFrame(rows, columns=_CONFUSED)


def mistakes(store: Store, runs: pd.DataFrame, variant: str | None, names: Sequence[str]) -> pd.DataFrame:
    """Every mistake of the runs' average, as `mistaken_items` gives them, classes by name."""
    stored = [
        (arrays["test_probabilities"], arrays["test_labels"], arrays["test_items"])
        for arrays in _stored(store, runs, variant)
    ]
    if not stored:
        return pd.DataFrame(columns=_MISTAKES)
    table = pd.DataFrame(mistaken_items(*(np.concatenate(part) for part in zip(*stored, strict=True))))
    called = dict(enumerate(names))
    return table.assign(true=table["true"].map(called), predicted=table["predicted"].map(called))


def suspects(store: Store, runs: pd.DataFrame, variant: str | None, names: Sequence[str]) -> pd.DataFrame:
    """Training rows whose label is probably wrong, by the runs that held them out, the least believed first.

    Columns item, given and likely class, mean probability of each, and the number of runs that held the item out.

    Args:
        store: where predictions are.
        runs: as in `Tables.runs`, with keys.
        variant: whose runs; None for no rows.
        names: of the classes.
    """
    stored = [arrays for arrays in _stored(store, runs, variant) if "val_items" in arrays]
    if not stored:
        return pd.DataFrame(columns=_SUSPECTS)
    items_B = np.concatenate([arrays["val_items"] for arrays in stored])
    rows, first_R, place_B, runs_R = np.unique(items_B, return_index=True, return_inverse=True, return_counts=True)
    sum_RC = np.zeros((len(rows), len(names)))
    np.add.at(sum_RC, place_B, np.concatenate([arrays["val_probabilities"] for arrays in stored]))
    labels_R = np.concatenate([arrays["val_labels"] for arrays in stored])[first_R]
    p_RC = sum_RC / sum_RC.sum(axis=1, keepdims=True)
    rows_K = label_suspects(p_RC, labels_R)
    if rows_K is None:
        return pd.DataFrame(columns=_SUSPECTS)
    likely_K = p_RC[rows_K].argmax(axis=1)
    return pd.DataFrame(
        {
            "item": rows[rows_K],
            "given": np.array(names)[labels_R[rows_K]],
            "likely": np.array(names)[likely_K],
            "p_given": p_RC[rows_K, labels_R[rows_K]],
            "p_likely": p_RC[rows_K, likely_K],
            "runs": runs_R[rows_K],
        }
    )


def _stored(store: Store, runs: pd.DataFrame, variant: str | None) -> list[dict[str, np.ndarray]]:
    chosen = runs[(runs["variant"] == variant) & (runs["status"] == "finished")]
    return [store.predictions(key) for key in chosen["key"]]
