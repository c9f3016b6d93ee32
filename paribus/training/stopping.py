"""When a run ends and which epoch it keeps: decisions that see only numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from paribus.metric import metric_of
from paribus.spec import Recipe


@dataclass
class Watch:
    """What one run's epochs have come to so far.

    Source: the rule is that of `keras.callbacks.EarlyStopping`: `patience` epochs without a gain above `min_delta`.
    """

    recipe: Recipe
    epochs: int = 0
    best_epoch: int = 0
    best: float = math.inf
    diverged: bool = False
    scores: list[float] = field(default_factory=list[float])

    def see(self, epoch: Mapping[str, float]) -> bool:
        """Take in one epoch; True when it is the best so far. With nothing to monitor the last epoch is the best.

        Args:
            epoch: its `train_loss`, and `val_` metrics where there are validation rows.
        """
        self.epochs += 1
        validated = self.recipe.data.validates
        self.diverged = not math.isfinite(epoch["train_loss"]) or (validated and not math.isfinite(epoch["val_loss"]))
        stopping, watched = self.recipe.early_stopping, self.recipe.watched
        score = -metric_of(watched).sign * epoch[watched] if watched else math.nan
        self.scores.append(score)
        better = not watched or score < self.best - (stopping.min_delta if stopping else 0.0)
        if better and not self.diverged:
            self.best, self.best_epoch = score, self.epochs
        return better and not self.diverged

    @property
    def done(self) -> bool:
        """Whether the run trains no further epoch."""
        stopping = self.recipe.early_stopping
        patient = stopping is None or self.epochs - self.best_epoch < stopping.patience
        return self.diverged or self.epochs >= self.recipe.epochs or not patient
