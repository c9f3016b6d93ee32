"""A study's search: trials trained rung by rung, and the winner that takes the place of tuned levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from paribus.errors import RunError
from paribus.evaluation.scoring import need_scores, with_scores
from paribus.metric import metric_of
from paribus.planning import cohorts_of
from paribus.running.fitting import stack_size
from paribus.running.resuming import goes_on
from paribus.running.work import Pool, Work
from paribus.spec import Recipe, StudySpec
from paribus.store import Store
from paribus.tuning import Rung, at_edge, brackets_of, make_sampler, survivors
from paribus.tuning.sampler import BATCH, importance
from paribus.tuning.trials import trial_runs


@dataclass
class Trial:
    """One point of the space, and what it came to.

    Args:
        number: in the order of drawing.
        bracket: that it belongs to.
        point: values by path.
        scores: by epochs trained in all: the mean validation metric over the trial's seeds, nan if one diverged.
        keys: of its runs, as many a rung, the last rung's last.
        failed: the message of a run that failed, which is none of the point's doing; empty where none did.
    """

    number: int
    bracket: int
    point: dict[str, Any]
    scores: dict[int, float] = field(default_factory=dict[int, float])
    keys: list[str] = field(default_factory=list[str])
    failed: str = ""


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
            "diverged": sum(any(map(np.isnan, t.scores.values())) and not t.failed for t in self.trials),
            "importance": importance(tune.space, [trial.point for trial in whole], losses),
            "trials": [
                {
                    "number": trial.number,
                    "bracket": trial.bracket,
                    "point": trial.point,
                    "scores": {str(e): None if np.isnan(s) else s for e, s in trial.scores.items()},
                    "keys": trial.keys,
                    "failed": trial.failed,
                }
                for trial in self.trials
            ],
        }


def search(work: Work, pool: Pool) -> Search:
    """Carry out the search of a study; what the home holds is not trained again, so one that was killed goes on.

    Raises:
        RunError: no trial has a score, or one that finished has none in the study's metric.
        SpecError: Optuna is not installed.
    """
    study, tune = work.study, work.study.tune
    assert tune is not None
    sampler, brackets = make_sampler(tune), brackets_of(tune)
    trials: list[Trial] = []
    for sizes in _turns(tune.algorithm, [rungs[0].trials for rungs in brackets]):
        first, climbing = len(trials), []
        for number, size in sizes.items():
            drawn = [Trial(len(trials) + n, number, point) for n, point in enumerate(sampler.draw(size))]
            trials += drawn
            climbing.append((drawn, brackets[number]))
        _climb(work, pool, climbing, f"tuning, trials {first} to {len(trials) - 1}")
        if tune.algorithm == "tpe":  # no other learns, and Optuna's grid takes no scores once it is through
            sampler.tell(first, [_loss(list(trial.scores.values())[-1], study.metric) for trial in trials[first:]])
    whole = [trial for trial in trials if np.isfinite(trial.scores.get(tune.max_epochs, np.nan))]
    if not whole:
        failed = next((f"One failed: {trial.failed}" for trial in trials if trial.failed), "")
        raise RunError(
            "tune: no trial reached its last epoch with a finite loss. "
            f"{failed or 'Lower the learning rates of the space.'}"
        )
    winner = min(whole, key=lambda trial: _loss(trial.scores[tune.max_epochs], study.metric))
    return Search(trials, winner, tune.max_epochs, _epochs(trials, pool.store))


def _turns(algorithm: str, trials: Sequence[int]) -> list[dict[int, int]]:
    """How many trials of which bracket are drawn before scores are told: only TPE learns from them on its way."""
    if algorithm == "tpe":
        return [{0: min(BATCH, trials[0] - first)} for first in range(0, trials[0], BATCH)]
    return [dict(enumerate(trials))]


def _climb(work: Work, pool: Pool, climbing: Sequence[tuple[list[Trial], list[Rung]]], title: str) -> None:
    """Train the trials of each bracket on its first rung, the best of them on its next, and so on.

    Each trial goes on from its state. All brackets reach their last rungs, which take longest, together, so that no
    worker waits.
    """
    left = [trials for trials, _ in climbing]
    height = max(len(rungs) for _, rungs in climbing)
    for above in range(height, 0, -1):
        there = {at: rungs[-above] for at, (_, rungs) in enumerate(climbing) if len(rungs) >= above}
        for at, rung in there.items():
            losses = [_loss(next(reversed(trial.scores.values()), 0.0), work.study.metric) for trial in left[at]]
            left[at] = [left[at][place] for place in sorted(survivors(np.array(losses), rung.trials))]
        stage = [(trial, rung.epochs) for at, rung in there.items() for trial in left[at]]
        _train(work, pool, stage, f"{title}, rung {height - above + 1} of {height}: ")


def _train(work: Work, pool: Pool, stage: Sequence[tuple[Trial, int]], title: str) -> None:
    """Train trials for so many epochs in all, and note their scores."""
    data = work.dataset.fingerprint
    runs = [trial_runs(work.study, trial.point, epochs, data, f"trial {trial.number}") for trial, epochs in stage]
    every = {run.key: run for members in runs for run in members}
    pool.store.mend(every, deep=True)  # all of them, as the next rung goes on from them
    pool.train(work.left(cohorts_of(list(every.values()), stack_size), pool.store), len(every), title)
    rows, score = with_scores(pool.store, work.study.metric, pool.store.runs(every)), f"val_{work.study.metric}"
    need_scores(rows.values(), score)
    for (trial, epochs), members in zip(stage, runs, strict=True):
        keys = [run.key for run in members]
        trial.scores[epochs] = float(np.mean([rows[key].metrics.get(score, np.nan) for key in keys]))
        trial.keys += keys
        trial.failed = next((rows[key].last_line for key in keys if rows[key].status == "failed"), trial.failed)


def _epochs(trials: Sequence[Trial], store: Store) -> int:
    """Epochs that all trials take, each run once; what goes on from a rung below is not counted again."""
    rows = store.runs(key for trial in trials for key in trial.keys)
    taken: dict[str, int] = {}
    for trial in trials:
        width = len(trial.keys) // len(trial.scores)
        for before, key in zip([*[None] * width, *trial.keys], trial.keys, strict=False):
            row, short = rows.get(key), rows.get(before or "")
            if row is None:  # found damaged, and set aside, since
                continue
            again = short and short.status == "finished" and goes_on(_recipe(short.recipe), _recipe(row.recipe))
            taken[key] = row.epochs - (short.epochs if short and again else 0)
    return sum(taken.values())


def _recipe(values: dict[str, Any]) -> Recipe:
    return Recipe.model_validate(values)


def _loss(score: float, metric: str) -> float:
    """What is minimized."""
    return -metric_of(metric).sign * score
