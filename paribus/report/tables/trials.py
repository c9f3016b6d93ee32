"""The trials of a search as a table, and its rows as the page shows them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from paribus.metric import metric_of
from paribus.report.numbers import unit_of
from paribus.spec.factor import label
from paribus.store.records.study import SearchRecord, StudyRecord, TrialRecord

_COLUMNS = ["trial", "bracket", "epochs", "score", "fate"]


def trials_of(record: StudyRecord) -> pd.DataFrame:
    """One row per trial in the order drawn; none without a search.

    Args:
        record: the study's.

    Returns:
        Columns trial (its number), bracket, epochs (trained in all), score (the validation metric there, nan if it
        diverged or failed), fate (`winner`, `to the end`, `stopped`, `diverged` or `failed`), then the values, a path
        each.
    """
    search, tune = record.search, record.asked.tune
    if not search or not tune:
        return pd.DataFrame(columns=_COLUMNS).astype({"score": float})
    table = pd.DataFrame([_fate(trial, search, tune.max_epochs) for trial in search.trials], columns=_COLUMNS)
    values = {path: [trial.point[path] for trial in search.trials] for path in tune.space}
    columns = {path: pd.Series(found, dtype=object if None in found else None) for path, found in values.items()}
    return table.assign(**columns).astype({"score": float})


def _fate(trial: TrialRecord, search: SearchRecord, max_epochs: int) -> list[Any]:
    """Number, bracket, epochs, score and fate of a trial."""
    epochs, score = next(reversed(trial.scores.items()))
    fate = "to the end" if int(epochs) == max_epochs else "stopped"
    if trial.number == search.winner_number:
        fate = "winner"
    elif score is None:
        fate = "failed" if trial.failed else "diverged"
    return [trial.number, trial.bracket, int(epochs), score, fate]


def shown_trials(trials: pd.DataFrame, metric: str, count: int) -> list[dict[str, Any]]:
    """The best `count` trials, those without a score last: number, fate, and the other cells as texts.

    Args:
        trials: from `trials_of`.
        metric: of the scores, such as `val_accuracy`.
        count: rows at most.
    """
    unit = unit_of(metric)
    ranked = trials.sort_values("score", ascending=not metric_of(metric).higher_is_better, kind="stable").head(count)
    return [
        {
            "trial": row["trial"],
            "fate": row["fate"],
            "score": unit.show(row["score"]),
            "cells": [str(row["epochs"]), *(_value(row[path]) for path in trials.columns[len(_COLUMNS) :])],
        }
        for row in ranked.to_dict("records")
    ]


def _value(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else label(value)
