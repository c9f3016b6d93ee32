"""What a search did, in words, and the caveats of a contrast of which it chose one side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isnan, nan
from typing import Any

from paribus.comparison.caveats import caveat
from paribus.comparison.factorial import placed
from paribus.comparison.verdicts import Contrast
from paribus.metric import metric_name, metric_of
from paribus.spec.factor import label
from paribus.store.records.study import SearchRecord, StudyRecord

DIVERGED_SHARE = 0.1
"""Share of diverged trials above which a reader is told."""


def search_sentences(record: StudyRecord, variants: Iterable[Mapping[Any, Any]] = ()) -> list[str]:
    """What a search did, its winner, and reasons to doubt it; empty without a search.

    Args:
        record: of the study.
        variants: with `variant`, its mean `validation` score and `mean` test score: what the winner came to with seeds
            that it was not chosen by.
    """
    search, tune = record.search, record.asked.tune
    if not search or not tune:
        return []
    score = search.winning_trial.scores[str(tune.max_epochs)]
    whole = search.epochs_unstopped
    saved = f"; to train every trial to the end would take {whole:,}" if search.epochs < whole else ""
    best = metric_of(search.metric).amount(nan if score is None else score)
    reached = f"{metric_name(search.metric)} {best}{_anew(record, search, variants)}"
    values = ", ".join(f"{path} {_value(value)}" for path, value in search.winner.items())
    return [
        f"Search ({search.algorithm.replace('_', ' ')}): {_counted(len(search.trials), 'trial')}, "
        f"{_counted(search.epochs, 'epoch')} in all{saved}.",
        f"Winner: trial {search.winner_number}, {values}; {reached}.",
        *(f"{text[0].upper()}{text[1:]}." for _, text in _doubts(search)),
    ]


def _anew(record: StudyRecord, search: SearchRecord, variants: Iterable[Mapping[Any, Any]]) -> str:
    """The winner's score with the study's own seeds: the difference to its trial is the luck of the search."""
    levels = placed(record.levels)
    tuned = {name for *place, level in levels if record.asked.is_tuned(*place) for name in level.variants}
    metric = search.metric
    for row in variants:
        if row["variant"] in tuned and not isnan(row["validation"]):
            test = f"test_{metric.removeprefix('val_')}"
            return (
                f" in the search, {metric_of(metric).amount(row['validation'])} with the study's own seeds "
                f"({metric_name(test)} {metric_of(test).amount(row['mean'])})"
            )
    return ""


def search_caveats(contrast: Contrast, record: StudyRecord) -> list[str]:
    """Caveats of a contrast with a tuned level: the edge of a range, unequal budgets, trials that diverged.

    Args:
        contrast: of a level with its reference.
        record: of the study.
    """
    search = record.search
    if not search:
        return []
    sides = [contrast.places(level) for level in (contrast.level, contrast.reference)]
    tuned = [any(record.asked.is_tuned(*place) for place in places.items()) for places in sides]
    if not any(tuned):
        return []
    doubts = _doubts(search)
    if not all(tuned):
        doubts.append(("C12", f"one side was chosen among {len(search.trials)} trials, the other was not tuned"))
    return [caveat(code, detail) for code, detail in sorted(doubts, key=lambda one: one[0])]


def _doubts(search: SearchRecord) -> list[tuple[str, str]]:
    """Codes and texts of caveats that hold for the whole search."""
    trials, diverged = len(search.trials), search.diverged
    doubts = [("C11", f"the search's best {path} lies at the edge of its range: widen it") for path in search.edges]
    if diverged > DIVERGED_SHARE * trials:
        doubts.append(("C13", f"{diverged} of {trials} trials of the search diverged"))
    return doubts


def _value(value: Any) -> str:
    """A number with few digits; anything else as levels are named."""
    text = f"{value:.3g}" if isinstance(value, float) else label(value)
    return f"({text})" if ", " in text else text


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
