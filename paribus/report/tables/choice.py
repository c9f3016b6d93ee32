"""Which variants the page looks at more closely; chosen by validation scores alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from paribus.metric import metric_of
from paribus.store.records.study import Level

SHOWN = 6
"""Curves that a reader can tell apart; the rest wait in the legend."""


@dataclass(frozen=True)
class Best:
    """The variant whose confusion matrix is shown; None if no run has finished.

    `validated` is False where no run held validation rows and the first variant of the plan stands in.
    """

    variant: str | None
    validated: bool


def best_variant(runs: pd.DataFrame, metric: str) -> Best:
    """The variant with the best mean validation score among those that finished what was planned for them.

    If none did, among those that finished the largest share of it. How many seeds or folds were planned does not count.

    Args:
        runs: as in `Tables.runs`.
        metric: `accuracy`, `loss`, ...; a lower loss is better.
    """
    done = runs[runs["status"] == "finished"]
    ranked = _ranked(runs, metric)
    if ranked:
        return Best(ranked[0], True)
    return Best(None if done.empty else str(done["variant"].iloc[0]), False)


def shown_variants(runs: pd.DataFrame, levels: Sequence[Level], metric: str, best: str | None) -> tuple[str, ...]:
    """At most `SHOWN` variants: all if they are few, else the baseline, the best, and the best of each factor.

    Args:
        runs: as in `Tables.runs`.
        levels: of the study's record.
        metric: that the best is judged by, on the validation rows.
        best: the best variant of the study.
    """
    done = runs[runs["status"] == "finished"]
    names = [str(name) for name in done["variant"].unique()]
    if len(names) <= SHOWN:
        return tuple(names)
    wanted = [name for name in ("baseline", best) if name in names]
    for factor in dict.fromkeys(level.factor for level in levels):
        varied = {name for level in levels if level.factor == factor for name in level.variants}
        of_factor = runs[runs["variant"].isin(varied.difference(wanted))]
        wanted += (_ranked(of_factor, metric) or names)[:1]
    return tuple(dict.fromkeys(wanted))[:SHOWN]


def probed_runs(runs: pd.DataFrame, best: str | None) -> dict[str, str]:
    """Keys of the runs whose networks are probed: the first finished seed of the baseline and of the best variant.

    Args:
        runs: with their keys.
        best: the best variant of the study.
    """
    done = runs[runs["status"] == "finished"].drop_duplicates("variant")
    first = dict(zip(done["variant"], done["key"], strict=True))
    return {name: first[name] for name in ("baseline", best or "") if name in first}


def _ranked(runs: pd.DataFrame, metric: str) -> list[str]:
    """Variants of which the largest share of runs finished, best mean first; ties in the order of the plan.

    All seeds of a variant have as many folds, so the mean over its runs is the one over its seeds.
    """
    scores = runs[f"val_{metric}"].where(runs["status"] == "finished")
    table = scores.groupby(runs["variant"], sort=False).agg(["mean", "count", "size"])
    share, lower = table["count"] / table["size"], not metric_of(metric).higher_is_better
    full = table[(share == share.max()) & (share > 0)]
    return [str(name) for name in full.sort_values("mean", ascending=lower, kind="stable").index]
