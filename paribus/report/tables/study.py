"""A study's tables, read from the store: what the figures and the page are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from paribus.comparison.statistics.intervals import t_interval
from paribus.comparison.summary import unscored
from paribus.data import Dataset
from paribus.data.prepared import prepared
from paribus.evaluation.items import Answers
from paribus.report.tables import predictions
from paribus.report.tables.choice import Best, best_variant, probed_runs, shown_variants
from paribus.report.tables.gaps import gaps as gaps_of
from paribus.report.tables.items import ItemTables, load_items
from paribus.report.tables.layers import layers
from paribus.report.tables.trials import trials_of
from paribus.store import Store
from paribus.store.records.study import Level, SearchRecord, StudyRecord

_RUN = ["key", "variant", "seed", "fold", "status", "epochs", "best_epoch", "seconds"]
_HISTORY = ["variant", "seed", "fold", "epoch", "lr", "train_loss", "train_accuracy", "val_loss", "val_accuracy"]
_CONTRAST_TEXT = ("kind", "factor", "level", "reference", "averaged_over", "metric", "verdict", "rule", "caveats")


@dataclass(frozen=True)
class Tables:
    """Every table of a study. Scores are as stored: accuracies and F1 are shares from 0 to 1, losses are in nats.

    Args:
        runs: one row per planned run: variant, seed, fold (nan without folds), status, epochs, best_epoch, seconds,
            then every metric.
        seeds: one row per seed of a variant: status and every metric, the mean over its folds; nan unless all finished.
        variants: one row per variant in the order of the plan: parameters, finished and planned seeds, mean of the test
            metric over seeds with its 95 % t interval, min, max, mean of the validation metric and of the gap, mean
            seconds of a run.
        contrasts: one row per level against its factor's reference, then one row per interaction of crossed factors.
        history: one row per epoch of a run, with what a penalty adds to its losses where there is one.
        gaps: one row per finished run: accuracy in training and validation at the kept epoch, and their difference.
        confusion: of the best variant, summed over its runs: true, predicted, count.
        classes: of the best variant: precision, recall and F1 of each class, mean and range over seeds, and support;
            below, their averages.
        recalls: of the baseline and the best variant: the accuracy of each seed on each class.
        hardest: of the best variant: its hardest classes, and what they are taken for.
        confused: of the best variant: the pairs of classes that it mistakes most often, with the share of the true
            class's rows, its 95 % t interval over seeds, and the count over all runs.
        mistakes: of the best variant: the items that the average of its runs gets wrong, the surest first.
        items: the test items over all runs.
        suspects: training rows whose label is probably wrong, by runs of the best variant that held them out; empty
            without cleanlab, and where the test rows validate.
        unfinished: one row per run that did not finish, with the reason.
        unscored: why runs that finished lack a score of the metric, and how many.
        best: the variant chosen by its validation scores.
        shown: variants whose learning curves are visible at first.
        metric: the study's.
        levels: of the study's record.
        engine: how the runs were computed.
        class_names: one per class.
        class_counts: rows of each class, for `train` and `test`.
        dataset: the study's data, mapped from disk; None where they are no longer there.
        probed: keys of the runs whose networks are looked into, by variant.
        probes: what was found in them, by variant; without those that nobody has looked into yet.
        trials: of the search, one row per trial in the order drawn; none without a search.
        search: what the study's record keeps of it; None without one.
        sources: how much each source of randomness moves the metric, one row per variant with `vary_only`.
        scored: runs of all studies of the home that were scored on these test rows.
        space: what the search searched: a range or a list of choices by path.
    """

    runs: pd.DataFrame
    seeds: pd.DataFrame
    variants: pd.DataFrame
    contrasts: pd.DataFrame
    history: pd.DataFrame
    gaps: pd.DataFrame
    confusion: pd.DataFrame
    classes: pd.DataFrame
    recalls: pd.DataFrame
    hardest: pd.DataFrame
    confused: pd.DataFrame
    mistakes: pd.DataFrame
    items: ItemTables
    suspects: pd.DataFrame
    unfinished: pd.DataFrame
    unscored: Sequence[str]
    best: Best
    shown: tuple[str, ...]
    metric: str
    levels: Sequence[Level]
    engine: dict[str, Any]
    class_counts: Mapping[str, Mapping[str, int]]
    class_names: tuple[str, ...]
    dataset: Dataset | None
    probed: dict[str, str]
    probes: dict[str, dict[str, np.ndarray]]
    trials: pd.DataFrame
    search: SearchRecord | None
    sources: Sequence[Mapping[str, Any]]
    space: Mapping[str, Any]
    scored: int

    @property
    def layers(self) -> pd.DataFrame:
        """One row per layer of each probed network, with the mean and deviation of its weights."""
        return layers(self.probes)


def load_tables(store: Store, record: StudyRecord, summary: Mapping[str, Any], answers: Answers) -> Tables:
    """Read all tables of a study, finished or not.

    Args:
        store: where the runs' artifacts are.
        record: the study's.
        summary: of the same study, from `summarize`, with the uncertainty from the test set as `test_set`.
        answers: of its runs, from `read_answers`.

    Raises:
        StoreError: an artifact of a finished run is missing.
    """
    metric, names = record.asked.metric, record.data.class_names
    test_rows = [record.data.class_counts["test"][name] for name in names]
    runs = run_table(summary["runs"], metric)
    seeds = seeds_of(runs)
    best = best_variant(runs, metric)
    probed = probed_runs(runs, best.variant)
    counts = {name: predictions.confusions(store, runs, name) for name in probed}
    of_best, history = counts.get(best.variant or "", []), _history(store, runs)
    gaps = gaps_of(history, runs, {name: variant.facts.keep for name, variant in record.variants.items()})
    return Tables(
        runs=runs.drop(columns="key"),
        seeds=seeds,
        variants=_variants(record, seeds, runs, gaps, metric),
        contrasts=contrast_table(summary["contrasts"]),
        history=history,
        gaps=gaps,
        confusion=predictions.pairs(of_best, names),
        classes=predictions.classes(of_best, names, test_rows),
        recalls=predictions.recalls(counts, names),
        hardest=predictions.hardest(of_best, names, test_rows),
        confused=predictions.confused(of_best, names),
        mistakes=predictions.mistakes(store, runs, best.variant, names),
        items=load_items(record, answers, summary["test_set"]),
        suspects=predictions.suspects(store, runs, _variant_with_held_out_rows(record, best.variant), names),
        unfinished=_unfinished(store, runs),
        unscored=unscored(summary["runs"]),
        best=best,
        shown=shown_variants(runs, record.levels, metric, best.variant),
        engine=_engine(store, runs),
        dataset=prepared(store.home, record.data),
        probed=probed,
        probes={variant: arrays for variant, key in probed.items() if (arrays := store.probe(key))},
        trials=trials_of(record),
        sources=summary["sources"],
        scored=scored(store, record.data.fingerprint),
        **_facts_of_record(record),
    )


def _facts_of_record(record: StudyRecord) -> dict[str, Any]:
    """The facts that stand in the study's record."""
    return {
        "metric": record.asked.metric,
        "levels": record.levels,
        "class_counts": record.data.class_counts,
        "class_names": record.data.class_names,
        "search": record.search,
        "space": record.asked.tune.space if record.asked.tune and record.search else {},
    }


def scored(store: Store, fingerprint: str) -> int:
    """Finished runs of all studies on these data, those of searches among them.

    Args:
        store: that holds the studies.
        fingerprint: of the data.
    """
    records = [study.record for study in store.studies() if isinstance(study.record, StudyRecord)]
    alike = [record for record in records if record.data.fingerprint == fingerprint]
    trials = [trial for record in alike if record.search for trial in record.search.trials]
    keys = {key for one in (*alike, *trials) for key in one.keys}
    return sum(status == "finished" for status in store.statuses(keys).values())


def _variant_with_held_out_rows(record: StudyRecord, variant: str | None) -> str | None:
    """The variant, if it is training rows that it holds out."""
    return None if not variant or record.variants[variant].facts.test_validates else variant


def run_table(planned: Sequence[Mapping[str, Any]], metric: str) -> pd.DataFrame:
    """One row per run, as in `Tables.runs`, with its key.

    Args:
        planned: from `planned_runs`.
        metric: the study's.
    """
    rows = [{"fold": np.nan} | {name: run[name] for name in _RUN if name in run} | run["metrics"] for run in planned]
    table = pd.DataFrame(rows).astype({"fold": float})
    found = [name for name in table.columns if name not in _RUN]
    needed = [name for name in (f"test_{metric}", f"val_{metric}") if name not in found]
    return table.reindex(columns=[*_RUN, *sorted(found), *needed]).astype(dict.fromkeys(needed, float))


def seeds_of(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per variant and seed, for the means over folds: where a fold has not finished, there is no score.

    Args:
        runs: as in `Tables.runs`.
    """
    metrics = [name for name in runs.columns if name.startswith(("val_", "test_"))]
    columns = ["variant", "seed", "status", *metrics]
    if not runs.duplicated(["variant", "seed"]).any():
        return runs[columns].astype(dict.fromkeys(metrics, float))
    rows: list[dict[str, Any]] = []
    for (variant, seed), folds in runs.groupby(["variant", "seed"], sort=False):
        open_folds = folds.loc[folds["status"] != "finished", "status"]
        status = "finished" if open_folds.empty else open_folds.iloc[0]
        rows.append({"variant": variant, "seed": seed, "status": status, **folds[metrics].mean(skipna=False)})
    return pd.DataFrame(rows, columns=columns)


def scores_of(record: StudyRecord, seeds: pd.DataFrame, metric: str) -> pd.DataFrame:
    """One row per variant, as in `Tables.variants`, with what follows from its seeds.

    Args:
        record: the study's.
        seeds: as in `Tables.seeds`.
        metric: the study's.
    """
    rows: list[dict[str, Any]] = []
    for name, planned in seeds.groupby("variant", sort=False):
        done = planned[planned["status"] == "finished"]
        scores = done[f"test_{metric}"].dropna().to_numpy(dtype=float)
        interval = t_interval(scores)
        rows.append(
            {
                "variant": name,
                "parameters": record.variants[str(name)].parameters,
                "finished": len(done),
                "planned": len(planned),
                "mean": float(scores.mean()) if len(scores) else np.nan,
                "ci_low": interval.low,
                "ci_high": interval.high,
                "min": float(scores.min()) if len(scores) else np.nan,
                "max": float(scores.max()) if len(scores) else np.nan,
                "validation": done[f"val_{metric}"].mean(),
            }
        )
    return pd.DataFrame(rows)


def _variants(
    record: StudyRecord, seeds: pd.DataFrame, runs: pd.DataFrame, gaps: pd.DataFrame, metric: str
) -> pd.DataFrame:
    finished = runs[runs["status"] == "finished"]
    table = scores_of(record, seeds, metric)
    means = [
        [rows.loc[rows["variant"] == name, column].mean() for name in table["variant"]]
        for rows, column in ((gaps, "gap"), (finished, "seconds"))
    ]
    return table.assign(gap=means[0], seconds=means[1])


def contrast_table(contrasts: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row per contrast, from its JSON values."""
    table = pd.DataFrame(contrasts)
    numbers = [name for name in table.columns if name not in _CONTRAST_TEXT]
    return table.astype({name: "Int64" if name in ("n", "seeds_needed") else float for name in numbers})


def _history(store: Store, runs: pd.DataFrame) -> pd.DataFrame:
    """The history of every run that trained; a diverged run's last epochs are not finite."""
    trained = runs[runs["status"].isin(["finished", "diverged"])]
    if trained.empty:
        return pd.DataFrame(columns=_HISTORY).astype({"fold": float})
    parts = [store.history(key) for key in trained["key"]]
    lengths = [len(part["epoch"]) for part in parts]
    table = trained[["variant", "seed", "fold"]].loc[trained.index.repeat(lengths)].reset_index(drop=True)
    penalized = ["penalty"] if any("penalty" in part for part in parts) else []
    for name in (*_HISTORY[3:], *penalized):
        columns = (part.get(name, np.full(rows, np.nan)) for part, rows in zip(parts, lengths, strict=True))
        table[name] = np.concatenate(list(columns))
    return table


def _unfinished(store: Store, runs: pd.DataFrame) -> pd.DataFrame:
    open_runs = runs[runs["status"] != "finished"]
    rows = store.runs(open_runs["key"])
    messages = [rows[key].message if key in rows else "" for key in open_runs["key"]]
    return open_runs[["variant", "seed", "fold", "status", "epochs"]].assign(message=messages)


def _engine(store: Store, runs: pd.DataFrame) -> dict[str, Any]:
    stored = runs.loc[runs["status"].isin(["finished", "diverged"]), "key"]
    return {} if stored.empty else dict(store.provenance(stored.iloc[0])["engine"])
