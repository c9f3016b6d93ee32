"""From a trained run to what the store keeps of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from paribus.data.sampling import Rows
from paribus.evaluation.metrics import score
from paribus.metric import STORED
from paribus.planning.estimate import predicted_time_s
from paribus.planning.streams import stream
from paribus.spec import Recipe
from paribus.spec.recipe import Source
from paribus.store.records import RunRecord, Status
from paribus.training.stopping import Watch

VALIDATION = ("val_loss", *(f"val_{name}" for name in STORED if name != "loss"))
"""Columns of the history that its validation rows give."""
COLUMNS = ("lr", "train_loss", "train_accuracy", *VALIDATION)
"""Of the history: the learning rate of the epoch's first step, means over its batches, then its validation."""
PENALTY = "penalty"
"""Of the history of runs with an L2 or L1 penalty: what it adds to either loss after the epoch, which Keras' losses
have in them, and `train_loss` and `val_loss` have not."""


class Member:
    """One run of a cohort: what it was asked, and what has come of it so far."""

    def __init__(self, key: str, seed: int, recipe: Recipe, rows: Rows) -> None:
        self.key, self.seed, self.recipe, self.rows = key, seed, recipe, rows
        self.watch = Watch(recipe)
        self.history: list[dict[str, float]] = []
        self.kept: dict[str, torch.Tensor] = {}
        self.state: dict[str, torch.Tensor] = {}
        self.preprocessing: dict[str, np.ndarray] = {}
        self.time_s = 0.0

    def stream(self, source: Source, epoch: int) -> np.random.Generator:
        """What the run draws from in an epoch."""
        return stream(self.recipe.seed_of(source, self.seed), source, epoch)

    def order(self, epoch: int) -> np.ndarray:
        """Numbers of its training rows as they come in an epoch, shape (row,)."""
        rows = self.rows.train
        return rows[self.stream("order", epoch).permutation(len(rows))] if self.recipe.shuffle else rows

    def see(self, epoch: dict[str, float]) -> bool:
        """Take in the numbers of one epoch; True when it is the best so far."""
        self.history.append(epoch)
        return self.watch.see(epoch)


@dataclass(frozen=True)
class Predictions:
    """Probabilities of some rows, shape (row, class), with their labels and their numbers in the original part."""

    p_BC: np.ndarray
    y_B: np.ndarray
    items_B: np.ndarray


def weights_of(member: Member) -> dict[str, np.ndarray]:
    """What the store keeps of a network: its tensors without the run axis, and what its preprocessing fitted."""
    return {name: tensor.cpu().numpy() for name, tensor in member.kept.items()} | member.preprocessing


def _columns(history: list[dict[str, float]]) -> dict[str, np.ndarray]:
    """One array per column; of epochs that an earlier version trained no penalty is known, which is nan."""
    penalty = [PENALTY] if any(PENALTY in epoch for epoch in history) else []
    return {name: np.array([epoch.get(name, np.nan) for epoch in history]) for name in (*COLUMNS, *penalty)}


def record_of(member: Member, predictions: dict[str, Predictions], operations: int, products: str) -> RunRecord:
    """The record of a run that is done; one whose loss or probabilities are not finite has diverged.

    Args:
        member: the run.
        predictions: by part, `val` and `test`.
        operations: of a forward pass, an item.
        products: the name of how matrices were multiplied.
    """
    finite = all(np.isfinite(part.p_BC).all() for part in predictions.values())
    finished = finite and not member.watch.diverged
    metrics: dict[str, float] = {}
    arrays: dict[str, np.ndarray] = {}
    for name, part in predictions.items() if finished else ():
        metrics |= {f"{name}_{metric}": value for metric, value in score(part.p_BC, part.y_B).items()}
        arrays |= {f"{name}_probabilities": part.p_BC, f"{name}_labels": part.y_B, f"{name}_items": part.items_B}
    epochs, batch_size = member.watch.epochs, member.recipe.batch_size
    return RunRecord(
        key=member.key,
        recipe=member.recipe.model_dump(mode="json"),
        seed=member.seed,
        status=Status.FINISHED if finished else Status.DIVERGED,
        epochs=epochs,
        best_epoch=member.watch.best_epoch,
        time_s=member.time_s,
        predicted_s=predicted_time_s(operations, len(member.rows.train), epochs, batch_size),
        metrics=metrics,
        history=_columns(member.history),
        predictions=arrays,
        weights=weights_of(member) if finished else {},
        state={name: tensor.cpu().numpy() for name, tensor in member.state.items()} if finished else {},
        engine={
            "torch": str(torch.__version__),  # itself of a class whose unpickling would import torch
            "device": "cpu",
            "threads": torch.get_num_threads(),
            "products": products,
        },
    )
