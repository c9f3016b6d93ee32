"""A study's tables, read from the store: what the figures are drawn from and the page is set from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from paribus.comparison.intervals import t_interval
from paribus.evaluation.confusion import confusion
from paribus.evaluation.metrics import class_report
from paribus.report.choice import Best, best_variant, shown_variants
from paribus.report.figures import confusion as confusion_matrix
from paribus.report.figures import contrasts, interactions, learning_curves, spread
from paribus.store import Store

_RUN = ["key", "variant", "seed", "status", "epochs", "best_epoch", "seconds"]
_HISTORY = ["variant", "seed", "epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy"]
_CONTRAST_TEXT = ("kind", "factor", "level", "reference", "averaged_over", "metric", "verdict", "caveats")


@dataclass(frozen=True)
class Tables:
    """Every table of a study. Scores are as stored: accuracies and F1 are shares from 0 to 1, losses are in nats.

    Args:
        runs: a row a planned run: variant, seed, status, epochs, best_epoch, seconds, then every metric.
        variants: a row a variant in the order of the plan: parameters, finished and planned seeds, mean of the test
            metric over seeds with its 95 % t interval, min, max, mean seconds of a run.
        contrasts: a row a level against its factor's reference, then a row an interaction of crossed factors.
        history: a row an epoch of a run.
        confusion: of the best variant, summed over its seeds: true, predicted, count.
        classes: of the best variant: precision, recall and F1 of each class, mean and range over seeds, and support.
        unfinished: a row a run that did not finish, with the reason.
        best: the variant chosen by its validation scores.
        shown: variants whose learning curves are visible at first.
        metric: the study's.
        levels: of the study's record.
        engine: how the runs were computed.
    """

    runs: pd.DataFrame
    variants: pd.DataFrame
    contrasts: pd.DataFrame
    history: pd.DataFrame
    confusion: pd.DataFrame
    classes: pd.DataFrame
    unfinished: pd.DataFrame
    best: Best
    shown: tuple[str, ...]
    metric: str
    levels: Sequence[Mapping[str, Any]]
    engine: dict[str, Any]

    def frames(self) -> dict[str, pd.DataFrame]:
        """What each figure shows, by the figure's name; a figure without anything to show is left out."""
        frames = {
            "contrasts": contrasts.frame(self.contrasts),
            "interactions": interactions.frame(self.runs, self.levels, f"test_{self.metric}"),
            "spread": spread.frame(self.runs, f"test_{self.metric}"),
            "learning_curves": learning_curves.frame(self.history, self.runs),
            "confusion": confusion_matrix.frame(self.confusion),
        }
        return {name: frame for name, frame in frames.items() if not frame.empty}

    def figures(self) -> dict[str, go.Figure]:
        """The report's figures by name; a figure without anything to show is left out."""
        draw = {
            "contrasts": contrasts.draw,
            "interactions": lambda frame: interactions.draw(frame, f"test_{self.metric}"),
            "spread": lambda frame: spread.draw(frame, f"test_{self.metric}"),
            "learning_curves": lambda frame: learning_curves.draw(frame, self.shown),
            "confusion": confusion_matrix.draw,
        }
        return {name: draw[name](frame) for name, frame in self.frames().items()}


def load_tables(store: Store, record: Mapping[str, Any], summary: Mapping[str, Any]) -> Tables:
    """Read all tables of a study, finished or not.

    Args:
        store: where the runs' artifacts are.
        record: the study's, as the store keeps it.
        summary: of the same study, from `summarize`.

    Raises:
        StoreError: an artifact of a finished run is missing.
    """
    metric: str = record["spec"]["metric"]
    runs = _runs(summary, metric)
    best = best_variant(runs, metric)
    counts = _confusions(store, runs, best.variant)
    names: list[str] = record["dataset"]["class_names"]
    return Tables(
        runs=runs.drop(columns="key"),
        variants=_variants(record, runs, f"test_{metric}"),
        contrasts=_contrasts(summary),
        history=_history(store, runs),
        confusion=_pairs(counts, names),
        classes=_classes(counts, names),
        unfinished=_unfinished(store, runs),
        best=best,
        shown=shown_variants(runs, record["levels"], metric, best.variant),
        metric=metric,
        levels=record["levels"],
        engine=_engine(store, runs),
    )


def _runs(summary: Mapping[str, Any], metric: str) -> pd.DataFrame:
    rows = [{name: run[name] for name in _RUN} | run["metrics"] for run in summary["runs"]]
    table = pd.DataFrame(rows)
    found = [name for name in table.columns if name not in _RUN]
    needed = [name for name in (f"test_{metric}", f"val_{metric}") if name not in found]
    return table.reindex(columns=[*_RUN, *sorted(found), *needed]).astype(dict.fromkeys(needed, float))


def _variants(record: Mapping[str, Any], runs: pd.DataFrame, score: str) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for name, planned in runs.groupby("variant", sort=False):
        done = planned[planned["status"] == "finished"]
        scores = done[score].to_numpy(dtype=float)
        interval = t_interval(scores)
        rows.append(
            {
                "variant": name,
                "parameters": record["variants"][name]["parameters"],
                "finished": len(done),
                "planned": len(planned),
                "mean": float(scores.mean()) if len(scores) else np.nan,
                "ci_low": interval.low,
                "ci_high": interval.high,
                "min": float(scores.min()) if len(scores) else np.nan,
                "max": float(scores.max()) if len(scores) else np.nan,
                "seconds": done["seconds"].mean(),
            }
        )
    return pd.DataFrame(rows)


def _contrasts(summary: Mapping[str, Any]) -> pd.DataFrame:
    table = pd.DataFrame(summary["contrasts"])
    numbers = [name for name in table.columns if name not in _CONTRAST_TEXT]
    return table.astype({name: "Int64" if name in ("n", "seeds_needed") else float for name in numbers})


def _history(store: Store, runs: pd.DataFrame) -> pd.DataFrame:
    """Of every run that trained; a diverged run's last epochs are not finite."""
    trained = runs[runs["status"].isin(["finished", "diverged"])]
    parts = [
        pd.DataFrame(store.history(key)).assign(variant=variant, seed=seed)
        for key, variant, seed in zip(trained["key"], trained["variant"], trained["seed"], strict=True)
    ]
    return pd.concat(parts, ignore_index=True)[_HISTORY] if parts else pd.DataFrame(columns=_HISTORY)


def _confusions(store: Store, runs: pd.DataFrame, variant: str | None) -> list[np.ndarray]:
    """One matrix a finished seed, each of shape (class, class)."""
    chosen = runs[(runs["variant"] == variant) & (runs["status"] == "finished")]
    stored = (store.predictions(key) for key in chosen["key"])
    return [confusion(arrays["test_probabilities"], arrays["test_labels"]) for arrays in stored]


def _pairs(counts_SCC: list[np.ndarray], names: list[str]) -> pd.DataFrame:
    if not counts_SCC:
        return pd.DataFrame(columns=["true", "predicted", "count"])
    total_CC = np.sum(counts_SCC, axis=0)
    return pd.DataFrame(
        {"true": np.repeat(names, len(names)), "predicted": np.tile(names, len(names)), "count": total_CC.ravel()}
    )


def _classes(counts_SCC: list[np.ndarray], names: list[str]) -> pd.DataFrame:
    rates = ["precision", "recall", "f1"]
    reports = [pd.DataFrame(class_report(counts_CC, names)) for counts_CC in counts_SCC]
    if not reports:
        return pd.DataFrame(columns=["class", *rates, "support"])
    values_SCR = np.stack([report[rates].to_numpy(dtype=float) for report in reports])
    ways = {"": values_SCR.mean(axis=0), "_min": values_SCR.min(axis=0), "_max": values_SCR.max(axis=0)}
    columns = {f"{rate}{end}": table[:, i] for i, rate in enumerate(rates) for end, table in ways.items()}
    return pd.DataFrame({"class": names, **columns, "support": reports[0]["support"]})


def _unfinished(store: Store, runs: pd.DataFrame) -> pd.DataFrame:
    open_runs = runs[runs["status"] != "finished"]
    rows = store.runs(open_runs["key"])
    messages = [rows[key].message if key in rows else "" for key in open_runs["key"]]
    return open_runs[["variant", "seed", "status", "epochs"]].assign(message=messages)


def _engine(store: Store, runs: pd.DataFrame) -> dict[str, Any]:
    stored = runs.loc[runs["status"].isin(["finished", "diverged"]), "key"]
    return {} if stored.empty else dict(store.provenance(stored.iloc[0])["engine"])
