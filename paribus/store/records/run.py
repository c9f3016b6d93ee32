"""What the store keeps of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np

from paribus.store.records.recipe import Number, RecipeFacts, Text


class Status(StrEnum):
    """How a run ended."""

    FINISHED = "finished"
    DIVERGED = "diverged"
    FAILED = "failed"


@dataclass(frozen=True)
class RunRecord:
    """Everything that remains of one training.

    Args:
        key: the run's key.
        recipe: the resolved recipe, as JSON values.
        seed: of all the run's random streams.
        status: how it ended.
        epochs: epochs trained.
        best_epoch: epoch, counted from 1, with the best monitored metric; the last where there is none.
        time_s: its share of the seconds that its cohort's epochs took.
        predicted_s: what `predicted_time_s` said of it, for later estimates.
        metrics: by name, `val_accuracy`, `test_loss`, ...; empty unless finished.
        history: one array per epoch column, shape (epoch,).
        predictions: `val_probabilities` (row, class), `val_labels`, `val_items` (row,), and the same for `test`.
        weights: tensors by name, of the epoch that the recipe keeps.
        state: what going on with the training needs beside: the optimizer's tensors, and the network's own after the
            last epoch where another one is kept.
        engine: how it was computed: device, threads, precision, versions.
        message: why it failed, with the traceback.
    """

    key: str
    recipe: dict[str, Any]
    seed: int
    status: Status
    epochs: int = 0
    best_epoch: int = 0
    time_s: float = 0.0
    predicted_s: float = 0.0
    metrics: dict[str, float] = field(default_factory=dict[str, float])
    history: dict[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    predictions: dict[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    weights: dict[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    state: dict[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    engine: dict[str, Any] = field(default_factory=dict[str, Any])
    message: str = ""


@dataclass(frozen=True)
class KeptScores:
    """A metric that runs do not store, computed of the predictions of one of them.

    Args:
        created: when that run was stored, ISO 8601.
        scores: by name, `val_ece` and `test_ece`; without what could not be computed.
        fault: why it could not; empty if all could.
    """

    created: Text
    scores: dict[Text, Number]
    fault: Text = ""


@dataclass(frozen=True)
class StoredRun:
    """The row of a run in the database; its arrays lie in files.

    Args:
        key: the run's key.
        recipe: the resolved recipe, as JSON values.
        facts: what tables and verdicts ask of it.
        seed: of all the run's random streams.
        status: how it ended.
        epochs: epochs trained.
        best_epoch: as in `RunRecord`.
        time_s: as in `RunRecord`.
        predicted_s: as in `RunRecord`.
        metrics: by name; empty unless finished.
        message: why it failed, with the traceback; of one that finished, why it lacks a score that a study asks for.
        created: when it was stored.
    """

    key: str
    recipe: dict[str, Any]
    facts: RecipeFacts
    seed: int
    status: Status
    epochs: int
    best_epoch: int
    time_s: float
    predicted_s: float
    metrics: dict[str, float]
    message: str
    created: datetime

    @property
    def last_line(self) -> str:
        """The last line of a failed run's message."""
        return (self.message.strip().splitlines() or ["no reason is stored"])[-1]
