"""What a search did in words, and what a reader must doubt where one side of a contrast was found by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isnan
from typing import Any

from paribus.comparison.caveats import caveat
from paribus.comparison.verdicts import Contrast
from paribus.comparison.words import amount, metric_name
from paribus.spec.factor import label

DIVERGED_SHARE = 0.1
"""Share of diverged trials above which a reader is told."""


def search_sentences(record: Mapping[str, Any], variants: Iterable[Mapping[Any, Any]] = ()) -> list[str]:
    """What a search did, its winner, and reasons to doubt it; empty without a search.

    Args:
        record: of the study, as the store keeps it.
        variants: with `variant`, its mean `validation` score and `mean` test score: what the winner came to with seeds
            that it was not chosen by.
    """
    tuning = record.get("tuning")
    if not tuning:
        return []
    trials, metric, trained, unstopped = (tuning[name] for name in ("trials", "metric", "epochs", "epochs_unstopped"))
    winner = next(trial for trial in trials if trial["number"] == tuning["winner_number"])
    score = winner["scores"][str(record["spec"]["tune"]["max_epochs"])]
    algorithm = tuning["algorithm"].replace("_", " ")
    saved = f"; to train every trial to the end would take {unstopped:,}" if trained < unstopped else ""
    reached = f"{metric_name(metric)} {amount(score, metric)}{_anew(record, variants)}"
    values = ", ".join(f"{path} {_value(value)}" for path, value in tuning["winner"].items())
    return [
        f"Search ({algorithm}): {_counted(len(trials), 'trial')}, {_counted(trained, 'epoch')} in all{saved}.",
        f"Winner: trial {winner['number']}, {values}; {reached}.",
        *(f"{text[0].upper()}{text[1:]}." for _, text in _doubts(tuning)),
    ]


def _anew(record: Mapping[str, Any], variants: Iterable[Mapping[Any, Any]]) -> str:
    """What the winner came to with the study's own seeds: the luck of the search is in the difference."""
    tuned = {name for level in record.get("levels", ()) if _is_tuned(record, level["factor"], level["label"])
             for name in level["variants"]}  # fmt: skip
    metric = record["tuning"]["metric"]
    for row in variants:
        if row["variant"] in tuned and not isnan(row["validation"]):
            test = metric.replace("val_", "test_")
            return (
                f" in the search, {amount(row['validation'], metric)} with the study's own seeds "
                f"({metric_name(test)} {amount(row['mean'], test)})"
            )
    return ""


def search_caveats(contrast: Contrast, record: Mapping[str, Any]) -> list[str]:
    """Caveats of a contrast with a tuned level: the edge of a range, unequal budgets, trials that diverged.

    Args:
        contrast: of a level with its reference.
        record: of the study, as the store keeps it.
    """
    tuning = record.get("tuning")
    if not tuning:
        return []
    sides = [contrast.places(level) for level in (contrast.level, contrast.reference)]
    tuned = [any(_is_tuned(record, *place) for place in places.items()) for places in sides]
    if not any(tuned):
        return []
    found = _doubts(tuning)
    if not all(tuned):
        found.append(("C12", f"one side was chosen among {len(tuning['trials'])} trials, the other was not tuned"))
    return [caveat(code, detail) for code, detail in sorted(found, key=lambda one: one[0])]


def _doubts(tuning: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Codes and texts of what makes a search doubtful by itself."""
    trials, diverged = len(tuning["trials"]), tuning["diverged"]
    found = [("C11", f"the search's best {path} lies at the edge of its range: widen it") for path in tuning["edges"]]
    if diverged > DIVERGED_SHARE * trials:
        found.append(("C13", f"{diverged} of {trials} trials of the search diverged"))
    return found


def _is_tuned(record: Mapping[str, Any], factor: str, label: str) -> bool:
    levels = record["spec"]["factors"][factor]["levels"]
    return isinstance(levels, dict) and "tuned" in levels[label]


def _value(value: Any) -> str:
    """A value as short as a reader needs it; whatever else as levels are named."""
    text = f"{value:.3g}" if isinstance(value, float) else label(value)
    return f"({text})" if ", " in text else text


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
