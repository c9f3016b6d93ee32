"""Train the runs of one cohort side by side, each to its own end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from paribus.data.augmentation import augment
from paribus.data.sampling import rows_of
from paribus.errors import StoreError
from paribus.evaluation.metrics import score_counts
from paribus.models.blueprint import model_of
from paribus.models.layers import SparseRows
from paribus.models.network import make_network
from paribus.spec import Recipe
from paribus.store.records import RunRecord
from paribus.training.checkpoint import State, Tensors, find_state, write_state
from paribus.training.feed import Feed, NumberFeed, open_feeds
from paribus.training.job import Job, RunTask, checkpoint_of
from paribus.training.objective import make_objective
from paribus.training.optimizers.rule import optimizer_of
from paribus.training.precision import choose_precision
from paribus.training.rates import Rates
from paribus.training.record import PENALTY, VALIDATION, Member, Predictions, record_of
from paribus.training.step import evaluate, probabilities, step

Progress = Callable[[int, Mapping[str, float]], None]


class Cohort:
    """Runs of equal structure in one network; those that end leave it, and cost nothing from then on."""

    def __init__(self, job: Job, device: str = "cpu") -> None:
        self.job, self.device = job, device
        y_N = np.load(job.data / "y_train.npy", mmap_mode="c")
        recipes = [Recipe.model_validate(run.recipe) for run in job.runs]
        self.products = choose_precision(recipes[0].precision == "bf16")
        self.item_shape = recipes[0].data.feature_shape(job.item_shape)
        self.members = [
            Member(run.key, run.seed, recipe, rows_of(y_N, recipe.data, recipe.seed_of("split", run.seed)))
            for run, recipe in zip(job.runs, recipes, strict=True)
        ]
        self.train_feed, self.test_feed = open_feeds(job.data, self.members, y_N, device)
        self.objective = make_objective(self.members, y_N, job.num_classes, device)
        self.active = list(self.members)
        self._build()

    def _build(self) -> None:
        recipes = [m.recipe for m in self.active]
        seeds = [m.recipe.seed_of("init", m.seed) for m in self.active]
        self.network = make_network(recipes, seeds, self.item_shape, self.job.num_classes).to(self.device)
        self.optimizer = optimizer_of(recipes, self.network)
        self.rates = Rates(self.optimizer, self.active)

    def resume(self, states: Sequence[State]) -> None:
        """Bring the runs of a new cohort to these states, all after as many epochs."""
        for m, (member, state) in enumerate(zip(self.active, states, strict=True)):
            for row in state.history:
                member.see(row)
            member.kept = state.weights if member.recipe.keep == "best" else {}
            member.time_s = state.time_s
            self.network.restore(m, state.resumed("network") or state.weights)
        self.optimizer.set_states([state.resumed("optimizer") for state in states])

    def save(self, member: Member) -> None:
        """Write the checkpoint of a run, if there is a folder for it.

        Raises:
            StoreError: the disk is full, or the folder cannot be written.
        """
        if self.job.checkpoints is None:
            return
        weights, resume_tensors = member.kept, member.state
        if member in self.active:
            m = self.active.index(member)
            weights, resume_tensors = weights or self.network.state_of(m), self._resume_tensors(m)
        state = State(member.history, weights, resume_tensors, member.time_s)
        write_state(checkpoint_of(self.job.checkpoints, member.key), state)

    def _resume_tensors(self, m: int) -> Tensors:
        """What the run at place m needs to resume, beside the weights that it keeps."""
        tensors = {f"optimizer/{name}": value for name, value in self.optimizer.state_of(m).items()}
        if self.active[m].kept:
            tensors |= {f"network/{name}": value for name, value in self.network.state_of(m).items()}
        return tensors

    def train_epoch(self, epoch: int) -> None:
        """Every active run once over its training rows, in its own order; then its history and its watch."""
        order_MN = np.stack([member.order(epoch) for member in self.active])
        self.network.train()
        self.network.set_streams([m.stream("dropout", epoch) for m in self.active])
        rows_MN = torch.from_numpy(order_MN).to(self.device)
        totals_2M = torch.zeros(2, len(rows_MN), device=self.device)
        batch_of = self._batches(epoch)
        batches = rows_MN.split(self.active[0].recipe.batch_size, dim=1)
        rate_M: list[float] = []
        with torch.no_grad():  # here, as in each step it takes as long as a kernel
            for number, rows_MB in enumerate(batches):
                self.rates.set(epoch + number / len(batches))
                rate_M = rate_M or self.optimizer.lr_M.tolist()
                step(self.network, self.optimizer, batch_of(rows_MB), self.objective, totals_2M)
        train_2M = (totals_2M.double() / rows_MN.shape[1]).cpu().numpy()
        validation, penalty_M = self._validate(), self.optimizer.penalties()
        for m, member in enumerate(self.active):
            numbers = {"lr": rate_M[m], "train_loss": float(train_2M[0, m]), "train_accuracy": float(train_2M[1, m])}
            if penalty_M is not None:
                numbers[PENALTY] = float(penalty_M[m])
            if member.see(numbers | validation[m]) and member.recipe.keep == "best":
                member.kept = self.network.state_of(m)

    def _batches(self, epoch: int) -> Callable[[Tensor], tuple[Tensor | SparseRows, Tensor]]:
        """What makes a batch of rows of an epoch."""
        feed, recipe = self.train_feed, self.active[0].recipe
        if recipe.augment is None and isinstance(feed, NumberFeed):
            sparse = feed.can_leave_out(recipe.batch_size, self.network.first_units)
            return feed.sparse_batch if sparse else feed.batch
        return partial(feed.batch, change=self._augmentation(epoch))

    def _augmentation(self, epoch: int) -> Callable[[Tensor], Tensor] | None:
        """What changes the items of an epoch's batches, each run's by its own stream."""
        options = self.active[0].recipe.augment
        if options is None:
            return None
        streams = [m.stream("augment", epoch) for m in self.active]
        assert isinstance(self.train_feed, NumberFeed)
        planes, ends = (1, *self.item_shape)[-3:], self.train_feed.ends
        return lambda x_MBF: augment(x_MBF, planes, options, streams, ends)  # pyright: ignore[reportArgumentType]

    def _validate(self) -> list[dict[str, float]]:
        """The validation metrics of each run; nan without validation rows."""
        if not self.active[0].recipe.data.validates:
            return [dict.fromkeys(VALIDATION, math.nan)] * len(self.active)
        loss_M, counts_MCC = (values.cpu().numpy() for values in evaluate(self.network, *self._validation()))
        scores = [{"loss": float(loss_M[m]), **score_counts(counts_CC)} for m, counts_CC in enumerate(counts_MCC)]
        return [{f"val_{name}": value for name, value in score.items()} for score in scores]

    def _validation(self) -> tuple[Feed, Tensor]:
        """Where validation rows come from, and their numbers, shape (run, row)."""
        if self.active[0].recipe.data.validation == "test":
            return self.test_feed, self._all_test_rows()
        rows_MV = np.stack([m.rows.validation for m in self.active])
        return self.train_feed, torch.from_numpy(rows_MV).to(self.device)

    def _all_test_rows(self) -> Tensor:
        return torch.arange(len(self.test_feed.y_N), device=self.device).expand(len(self.active), -1)

    def retire(self) -> list[RunRecord]:
        """Take the runs that are done out of the cohort, with their predictions."""
        done = [m for m, member in enumerate(self.active) if member.watch.done]
        for m in done:
            kept = self.active[m].kept
            self.active[m].state = self._resume_tensors(m)
            self.network.restore(m, kept)
            self.active[m].kept = kept or self.network.state_of(m)
        records = self.records(done)
        keep = [m for m in range(len(self.active)) if m not in done]
        if done:
            self.select(keep)
        return records

    def hand_over(self, epoch: int) -> None:
        """Let runs go that another job is to train from this epoch on; their checkpoints are all that is left here."""
        goes = {run.key for run in self.job.runs if run.until is not None and run.until <= epoch}
        going = [member for member in self.active if member.key in goes]
        for member in going:
            self.save(member)
            self.members.remove(member)
        if going:
            self.select([m for m, member in enumerate(self.active) if member.key not in goes])

    def select(self, keep: Sequence[int]) -> None:
        """Go on with the runs at the places `keep` alone."""
        states, optimizer_states = [self.network.state_of(m) for m in keep], self.optimizer.states()
        self.active = [self.active[m] for m in keep]
        if not keep:
            return
        self._build()
        for m, state in enumerate(states):
            self.network.restore(m, state)
        self.optimizer.set_states([optimizer_states[m] for m in keep])
        self.objective = self.objective.select(keep)
        self.train_feed.select(keep)
        self.test_feed.select(keep)

    def records(self, places: Sequence[int]) -> list[RunRecord]:
        """What the store keeps of the runs at these places, with predictions by the network as it is."""
        if not places:
            return []
        parts = {"test": self._predictions(self.test_feed, self._all_test_rows())}
        if self.active[0].recipe.data.validates:
            parts["val"] = self._predictions(*self._validation())
        outputs = 1 if self.network.sigmoid else self.job.num_classes
        operations = model_of(self.active[0].recipe).operations(self.item_shape, outputs)
        return [
            record_of(self.active[m], {k: p[m] for k, p in parts.items()}, operations, self.products) for m in places
        ]

    def _predictions(self, feed: Feed, rows_MB: Tensor) -> list[Predictions]:
        p_MBC = probabilities(self.network, feed, rows_MB).cpu().numpy()
        labels_MB = feed.y_N[rows_MB].cpu().numpy()
        return [Predictions(*arrays) for arrays in zip(p_MBC, labels_MB, rows_MB.cpu().numpy(), strict=True)]


def train_cohort(job: Job, progress: Progress | None = None, device: str = "cpu") -> list[RunRecord]:
    """Train all runs of `job`, those with a checkpoint or a stored beginning from there on.

    Args:
        job: the cohort; its data folder holds `x_train.npy`, `y_train.npy`, `x_test.npy` and `y_test.npy`.
        progress: called at the start and after every epoch with the epochs done, those before included, and the
            validation accuracy of each run that was trained, by its key, nan at the start.
        device: where to train.

    Returns:
        The records in the job's order; there is none of a run that another job goes on with.
    """
    states = {run.key: find_state(job, run) for run in job.runs}
    alike: dict[int, list[RunTask]] = {}  # all runs of a cohort are in the same epoch
    for run in job.runs:
        state = states[run.key]
        alike.setdefault(len(state.history) if state else 0, []).append(run)
    records: dict[str, RunRecord] = {}
    for epoch, runs in alike.items():
        cohort = Cohort(replace(job, runs=tuple(runs)), device)
        if epoch:
            cohort.resume([state for run in runs if (state := states.pop(run.key))])
        records |= {record.key: record for record in _train(cohort, epoch, progress or (lambda *_: None))}
    return [records[run.key] for run in job.runs if run.key in records]


def _train(cohort: Cohort, epoch: int, progress: Progress) -> list[RunRecord]:
    """Train a cohort from this epoch on; its records."""
    cohort.hand_over(epoch)
    progress(epoch, {member.key: math.nan for member in cohort.members})
    records, saved = cohort.retire(), time.monotonic()
    while cohort.active:
        training, begun = cohort.active, time.monotonic()
        cohort.train_epoch(epoch)
        epoch += 1
        for member in training:
            member.time_s += (time.monotonic() - begun) / len(training)
        cohort.hand_over(epoch)
        progress(epoch, {member.key: member.history[-1]["val_accuracy"] for member in training})
        records += cohort.retire()
        if cohort.active and time.monotonic() - saved >= cohort.job.checkpoint_s:
            for member in cohort.members:
                with suppress(StoreError):  # the one before is worth as much
                    cohort.save(member)
            saved = time.monotonic()
    return records
