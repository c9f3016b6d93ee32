"""How much each source of randomness moves the score: from variants in which one source alone differs between seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isnan
from typing import Any

import numpy as np

from paribus.comparison.statistics.intervals import deviation, deviation_interval
from paribus.metric import metric_name, metric_of
from paribus.store.records.study import StudyRecord

EVERYTHING = "everything"


@dataclass(frozen=True)
class SourceSpread:
    """The standard deviation of a score over seeds that differ in some sources alone, with its 95 % interval.

    `n` is the number of finished seeds; deviations are in the metric's own units, nan below two seeds.
    """

    variant: str
    source: str
    n: int
    deviation: float
    low: float
    high: float


def source_spreads(record: StudyRecord, scores: Mapping[str, list[float | None]]) -> list[SourceSpread]:
    """One entry per variant with `vary_only`, and the baseline for comparison; empty if no variant has it.

    Args:
        record: of the study.
        scores: variant to one score per seed, None for a run without one.

    Source: Bouthillier et al. (2021), arXiv 2103.03098, section 3: the variance of each source, all others fixed.
    """
    named = {name: variant.facts.vary_only for name, variant in record.variants.items()}
    if not any(named.values()):
        return []
    kept = {name: sources for name, sources in named.items() if sources or name == "baseline"}
    return [_spread(name, sources, scores[name]) for name, sources in kept.items()]


def source_sentence(spreads: list[SourceSpread], metric: str) -> str:
    """Which source moves the score most; empty where there are no two sources to compare.

    Args:
        spreads: of one study.
        metric: such as `test_accuracy`.
    """
    ranked = sorted((one for one in spreads if one.source != EVERYTHING and one.n > 1), key=lambda one: -one.deviation)
    if len({one.source for one in ranked}) < 2:
        return ""
    others = [*ranked[1:], *(one for one in spreads if one.source == EVERYTHING and one.n > 1)]
    written = metric_of(metric).size
    times = Counter(one.source for one in ranked)

    def named(one: SourceSpread) -> str:
        return f"{one.source} (of {one.variant})" if times[one.source] > 1 else one.source

    first, rest = ranked[0], ", ".join(f"{named(one)} {written(one.deviation)}" for one in others)
    return (
        f"Of the sources of randomness {named(first)} moves {metric_name(metric)} most: standard deviation "
        f"{written(first.deviation)} over {first.n} seeds (95 % interval {written(first.low)} to "
        f"{written(first.high)}); {rest}."
    )


def plain_spreads(spreads: list[SourceSpread]) -> list[dict[str, Any]]:
    """As JSON values; a number that does not exist is null."""
    rows = [asdict(one) for one in spreads]
    return [
        {key: None if isinstance(value, float) and isnan(value) else value for key, value in row.items()}
        for row in rows
    ]


def _spread(name: str, sources: Sequence[str] | None, score_S: list[float | None]) -> SourceSpread:
    known_S = np.array([score for score in score_S if score is not None])
    between = deviation_interval(known_S)
    label = " and ".join(sources) if sources else EVERYTHING
    return SourceSpread(name, label, len(known_S), deviation(known_S), between.low, between.high)
