"""Where trials come from: Optuna's samplers, each seeded by the study."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from paribus.errors import SpecError
from paribus.planning.streams import stream
from paribus.spec.tune import Range, Space, Tune

BATCH = 4
"""Trials that TPE draws before it sees their scores, whatever the number of workers."""


def make_sampler(tune: Tune) -> Sampler:
    """The sampler that a search asks for.

    Raises:
        SpecError: Optuna is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise SpecError("tune: needs Optuna. Install it: pip install 'paribus[tune]'.") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    seed = int(stream(0, "tune").integers(2**31))
    match tune.algorithm:
        case "grid":
            chosen: Any = optuna.samplers.GridSampler({path: _points(v) for path, v in tune.space.items()}, seed=seed)
        case "tpe":
            chosen = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
        case _:
            chosen = optuna.samplers.RandomSampler(seed=seed)
    return Sampler(optuna.create_study(sampler=chosen), tune.space)


class Sampler:
    """Draws points of a space, and learns their losses.

    Args:
        study: of Optuna.
        space: to draw from.
    """

    def __init__(self, study: Any, space: Space) -> None:
        self._study, self._space = study, space
        self._asked: list[Any] = []

    def draw(self, count: int) -> list[dict[str, Any]]:
        """The next `count` points, values by path."""
        drawn = [self._study.ask() for _ in range(count)]
        self._asked += drawn
        return [{path: _suggest(trial, path, values) for path, values in self._space.items()} for trial in drawn]

    def tell(self, first: int, losses: Sequence[float]) -> None:
        """Take in the losses of the points from number `first` on; nan for a trial without a score."""
        import optuna

        for trial, loss in zip(self._asked[first:], losses, strict=False):
            failed = math.isnan(loss)
            state = optuna.trial.TrialState.FAIL if failed else None
            self._study.tell(trial, None if failed else loss, state=state)


def importance(space: Space, points: Sequence[Mapping[str, Any]], losses: Sequence[float]) -> dict[str, float]:
    """How much of the losses' variance each path explains, by fANOVA; empty where there are too few points.

    Source: Hutter, Hoos and Leyton-Brown (2014), as Optuna's `FanovaImportanceEvaluator` computes it.
    """
    import optuna

    distributions = {path: _distribution(values) for path, values in space.items()}
    study = optuna.create_study()
    for point, loss in zip(points, losses, strict=True):
        if not math.isnan(loss):
            params = {path: _coded(space[path], value) for path, value in point.items()}
            study.add_trial(optuna.trial.create_trial(params=params, distributions=distributions, value=loss))
    if len({trial.value for trial in study.trials}) < len(space) + 2:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    return {
        path: float(share)
        for path, share in optuna.importance.get_param_importances(study, evaluator=evaluator).items()
    }


def _suggest(trial: Any, path: str, values: Range | tuple[Any, ...]) -> Any:
    if not isinstance(values, Range):
        return json.loads(trial.suggest_categorical(path, _points(values)))
    if values.whole:
        return trial.suggest_int(path, int(values.low), int(values.high), log=values.log)
    return trial.suggest_float(path, values.low, values.high, log=values.log)


def _points(values: Any) -> list[str]:
    """Choices as JSON texts, as Optuna takes no lists or mappings."""
    return [json.dumps(value) for value in values]


def _coded(values: Range | tuple[Any, ...], value: Any) -> Any:
    return value if isinstance(values, Range) else json.dumps(value)


def _distribution(values: Range | tuple[Any, ...]) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not isinstance(values, Range):
        return CategoricalDistribution(_points(values))
    if values.whole:
        return IntDistribution(int(values.low), int(values.high), log=values.log)
    return FloatDistribution(values.low, values.high, log=values.log)
