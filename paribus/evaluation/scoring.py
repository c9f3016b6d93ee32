"""The metric that a study asks for, where its runs did not store it: computed of their predictions once, and kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np

from paribus.environment import program
from paribus.errors import DataError, RunError
from paribus.evaluation.metrics import measure
from paribus.metric import Metric, find_metric, metric_name
from paribus.metric.own import code_of, with_code
from paribus.store.records.faults import read_scores
from paribus.store.records.run import KeptScores, Status, StoredRun

if TYPE_CHECKING:
    from paribus.store import Store
    from paribus.store.records.study import StudyRecord

Rows = dict[str, StoredRun]
"""Stored runs, by key."""


def scored_runs(store: Store, record: StudyRecord) -> Rows:
    """The stored runs of a study, each with `val_` and `test_` scores in the study's metric among its metrics.

    A run that finished and has none says why in its message. A user's own metric is computed where this program has its
    code already, as where it opened the study file; elsewhere what was kept is used, and nothing is imported.

    Args:
        store: of its runs; what is computed is kept there, if it can be written.
        record: of the study.

    Raises:
        StoreError: predictions are damaged.
    """
    rows, asked = store.runs(record.keys), _asked(record.asked.metric)
    if asked.stored:
        return rows
    metric = with_code(asked, record.metric_code)
    stamp = f"{metric.name} {record.metric_code or program()}"
    kept = read_scores(store.kept(record.asked.name, stamp, "scores"))
    finished = {key: row for key, row in rows.items() if row.status == Status.FINISHED}
    found = {key: known for key, row in finished.items() if (known := _known(kept.get(key), row, metric))}
    missing = {key: row for key, row in finished.items() if key not in found}
    if missing and metric.is_computable:
        found |= _computed(store, metric, missing)
        store.keep(record.asked.name, stamp, {key: asdict(one) for key, one in found.items()}, "scores")
    return _with(rows, found, metric)


def with_scores(store: Store, metric: str, rows: Rows) -> Rows:
    """Stored runs with their scores in a metric whose code is here, as of `scored_runs`; nothing is kept."""
    asked = _asked(metric)
    if asked.stored:
        return rows
    finished = {key: row for key, row in rows.items() if row.status == Status.FINISHED}
    asked = with_code(asked, code_of(metric))
    return _with(rows, _computed(store, asked, finished), asked)


def need_scores(rows: Iterable[StoredRun], score: str) -> None:
    """Refuse to decide anything by runs that finished and lack a score, such as `val_ece`.

    Raises:
        RunError: one does.
    """
    for row in rows:
        if row.status == Status.FINISHED and row.message and score not in row.metrics:
            raise RunError(f"What is trained next depends on the {metric_name(score)} of each run. {row.message}")


def check_metric(metric: str, labels_B: np.ndarray, num_classes: int) -> None:
    """Refuse a metric of paribus that cannot be computed whatever is predicted.

    Args:
        metric: its name.
        labels_B: true classes of the rows to be scored, shape (row,).
        num_classes: how many there are.

    Raises:
        DataError: it is for another number of classes, or needs rows of a class that has none.
    """
    asked = _asked(metric)
    if not asked.is_own:
        present_B = np.unique(labels_B)  # any metric sees which classes have rows
        measure(asked, np.full((len(present_B), num_classes), 1 / num_classes, np.float32), present_B)


def _asked(name: str) -> Metric:
    metric = find_metric(name)
    assert metric  # which studies and records are checked for
    return metric


def _known(kept: KeptScores | None, row: StoredRun, metric: Metric) -> KeptScores | None:
    """What was kept of this run; not a fault of a user's function that can be tried again."""
    tried_again = kept and kept.fault and metric.is_own and metric.is_computable
    return kept if kept and kept.created == row.created.isoformat() and not tried_again else None


def _computed(store: Store, metric: Metric, rows: Rows) -> dict[str, KeptScores]:
    return {key: _of_run(store.predictions(key), metric, row) for key, row in rows.items()}


def _of_run(arrays: Mapping[str, np.ndarray], metric: Metric, row: StoredRun) -> KeptScores:
    scores: dict[str, float] = {}
    faults: list[str] = []
    for part in ("val", "test"):
        name = f"{part}_{metric.name}"
        if f"{part}_probabilities" in arrays:
            try:
                scores[name] = measure(metric, arrays[f"{part}_probabilities"], arrays[f"{part}_labels"])
            except DataError as error:
                faults.append(f"No {metric_name(name)}: {error}")
        elif part == "test":
            faults.append(f"No {metric_name(name)}: the run stored no predictions of the test rows.")
    return KeptScores(row.created.isoformat(), scores, " ".join(faults))


def _with(rows: Rows, found: Mapping[str, KeptScores], metric: Metric) -> Rows:
    unknown = KeptScores(
        "",
        {},
        f"No {metric.words}: what {metric.name} comes to is not kept, and what is stored brings in no code. Run the "
        "study again with its file; nothing is trained again.",
    )

    def scored(row: StoredRun) -> StoredRun:
        if row.status != Status.FINISHED:
            return row
        one = found.get(row.key, unknown)
        return replace(row, metrics={**row.metrics, **one.scores}, message=one.fault)

    return {key: scored(row) for key, row in rows.items()}
