"""A study's search: trials trained rung by rung, and the winner that takes the place of tuned levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from paribus.errors import RunError
from paribus.extension import goes_on
from paribus.outlook import stack_size
from paribus.planning import cohorts_of
from paribus.spec import Recipe, StudySpec
from paribus.store import Store
from paribus.tuning import Rung, Sampler, at_edge, brackets_of, make_sampler, survivors
from paribus.tuning.sampler import BATCH, importance
from paribus.tuning.trials import trial_runs
from paribus.work import Pool, Work


@dataclass
class Trial:
    """One point of the space, and what it came to.

    Args:
        number: in the order of drawing.
        bracket: that it belongs to.
        point: values by path.
        scores: by epochs trained in all: the mean validation metric over the trial's seeds, nan if one diverged.
        keys: of its runs, as many a rung, the last rung's last.
    """

    number: int
    bracket: int
    point: dict[str, Any]
    scores: dict[int, float] = field(default_factory=dict[int, float])
    keys: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Search:
    """All trials, and the values of the winner: the best of those that went all the way."""

    trials: list[Trial]
    winner: Trial
    max_epochs: int
    epochs: int
    """Trained in all, by whoever trained them: a rung's survivor goes on from its state."""

    def record(self, study: StudySpec) -> dict[str, Any]:
        """What the store keeps of it, as JSON values; a score that does not exist is null."""
        tune = study.tune
        assert tune is not None
        whole = [trial for trial in self.trials if self.max_epochs in trial.scores]
        losses = [_loss(trial.scores[self.max_epochs], study.metric) for trial in whole]
        return {
            "algorithm": tune.algorithm,
            "metric": f"val_{study.metric}",
            "winner": self.winner.point,
            "winner_number": self.winner.number,
            "edges": at_edge(tune.space, self.winner.point),
            "epochs": self.epochs,
            "epochs_unstopped": sum(len(t.keys) // len(t.scores) * self.max_epochs for t in self.trials),
            "diverged": sum(any(np.isnan(score) for score in trial.scores.values()) for trial in self.trials),
            "importance": importance(tune.space, [trial.point for trial in whole], losses),
            "trials": [
                {
                    "number": trial.number,
                    "bracket": trial.bracket,
                    "point": trial.point,
                    "scores": {str(e): None if np.isnan(s) else s for e, s in trial.scores.items()},
                    "keys": trial.keys,
                }
                for trial in self.trials
            ],
        }


def search(work: Work, pool: Pool) -> Search:
    """Carry out the search of a study; what the home holds is not trained again, so one that was killed goes on.

    Raises:
        RunError: no trial has a score.
        SpecError: Optuna is not installed.
    """
    study, tune = work.study, work.study.tune
    assert tune is not None
    sampler = make_sampler(tune)
    trials: list[Trial] = []
    brackets = brackets_of(tune)
    for number, bracket in enumerate(brackets):
        batch = BATCH if tune.algorithm == "tpe" else bracket[0].trials
        for first in range(0, bracket[0].trials, batch):
            points = sampler.draw(min(batch, bracket[0].trials - first))
            drawn = [Trial(len(trials) + n, number, point) for n, point in enumerate(points)]
            trials += drawn
            _climb(work, pool, drawn, bracket, f"bracket {number + 1} of {len(brackets)}")
            _tell(sampler, drawn, study.metric)
    whole = [trial for trial in trials if np.isfinite(trial.scores.get(tune.max_epochs, np.nan))]
    if not whole:
        raise RunError(
            "tune: no trial reached its last epoch with a finite loss. Lower the learning rates of the space."
        )
    winner = min(whole, key=lambda trial: _loss(trial.scores[tune.max_epochs], study.metric))
    return Search(trials, winner, tune.max_epochs, _epochs(trials, pool.store))


def _climb(work: Work, pool: Pool, trials: Sequence[Trial], rungs: Sequence[Rung], title: str) -> None:
    """Train all trials on the first rung, the best of them on the next, and so on; each goes on from its state."""
    left, metric = list(trials), work.study.metric
    for place, rung in enumerate(rungs):
        losses = [_loss(next(reversed(trial.scores.values()), 0.0), metric) for trial in left]
        left = [left[at] for at in sorted(survivors(np.array(losses), rung.trials))]
        data = work.dataset.fingerprint
        runs = {t.number: trial_runs(work.study, t.point, rung.epochs, data, f"trial {t.number}") for t in left}
        every = {run.key: run for members in runs.values() for run in members}
        todo = work.left(cohorts_of(list(every.values()), stack_size), pool.store)
        pool.train(todo, len(every), f"tuning, {title}, rung {place + 1} of {len(rungs)}: ")
        rows = pool.store.runs(every)
        for trial in left:
            keys = [run.key for run in runs[trial.number]]
            scores = [rows[key].metrics.get(f"val_{metric}", np.nan) for key in keys]
            trial.scores[rung.epochs] = float(np.mean(scores))
            trial.keys += keys


def _epochs(trials: Sequence[Trial], store: Store) -> int:
    """Epochs that all trials take, each run once; what goes on from a rung below is not counted again."""
    rows = store.runs(key for trial in trials for key in trial.keys)
    taken: dict[str, int] = {}
    for trial in trials:
        width = len(trial.keys) // len(trial.scores)
        for before, key in zip([*[None] * width, *trial.keys], trial.keys, strict=False):
            row, short = rows[key], rows[before] if before else None
            again = short and short.status == "finished" and goes_on(_recipe(short.recipe), _recipe(row.recipe))
            taken[key] = row.epochs - (short.epochs if short and again else 0)
    return sum(taken.values())


def _recipe(values: dict[str, Any]) -> Recipe:
    return Recipe.model_validate(values)


def _tell(sampler: Sampler, trials: Sequence[Trial], metric: str) -> None:
    sampler.tell(trials[0].number, [_loss(list(trial.scores.values())[-1], metric) for trial in trials])


def _loss(score: float, metric: str) -> float:
    """What is minimized."""
    return score if metric == "loss" else -score
