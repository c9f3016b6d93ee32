"""The test items over all runs: how often runs answer them wrongly, and how much the contrasts depend on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from paribus.comparison.items.churn import churns
from paribus.evaluation.items import Answers, Place, how_often_wrong, wrong_items
from paribus.report.numbers import MISSING, unit_of
from paribus.store import Store
from paribus.store.records.run import StoredRun
from paribus.store.records.study import StudyRecord

ALL = "all variants"

_WRONG = ["variant", "runs", "items"]
_OFTEN = ("always", "sometimes", "never")
_CHURN = ["factor", "level", "reference", "pairs", "churn", "seed_churn"]
_SAMPLE = ["factor", "level", "reference", "difference", "low", "high", "n_items", "mcnemar_p", "seed"]


@dataclass(frozen=True)
class ItemTables:
    """Tables of the test items; shares are from 0 to 1.

    Args:
        wrong: one row per variant that has a finished run, then one for all of them: its runs, the test items, and how
            many of these its runs are `always`, `sometimes` and `never` wrong about, with each one's share.
        items: one row per item that any run is wrong about, as `wrong_items` gives them, classes by name.
        churn: one row per level, as `churns` gives them.
        sample: one row per contrast, as `over_test_items` gives them; none with folds or another metric than accuracy.
    """

    wrong: pd.DataFrame
    items: pd.DataFrame
    churn: pd.DataFrame
    sample: pd.DataFrame

    def wrong_rows(self) -> list[list[str]]:
        """One row per variant: its runs, and the items wrong always, sometimes and never, with shares in percent."""
        return [
            [row["variant"], f"{row['runs']:,}", *(f"{row[k]:,} ({_percent(row[f'{k}_share'])} %)" for k in _OFTEN)]
            for row in self.wrong.to_dict("records")
        ]

    def churn_rows(self) -> list[list[str]]:
        """One row per contrast: its name, pairs, and both churns in percent."""
        return [
            [_title(row), str(row["pairs"]), _percent(row["churn"]), _percent(row["seed_churn"])]
            for row in self.churn.to_dict("records")
        ]

    def sample_rows(self, contrasts: pd.DataFrame) -> list[list[str]]:
        """One row per contrast: its name, difference in points, intervals over seeds and over test items, McNemar's p.

        Args:
            contrasts: as in `Tables.contrasts`, a row for each of `sample`.
        """
        if not self.sample["n_items"].any():
            return []
        rows: list[list[str]] = []
        for row, contrast in zip(self.sample.to_dict("records"), contrasts.to_dict("records"), strict=True):
            unit = unit_of("accuracy", row["n_items"]).of_difference
            seeds, items = unit.between(contrast["ci_low"], contrast["ci_high"]), unit.between(row["low"], row["high"])
            p = MISSING if pd.isna(row["seed"]) else f"{row['mcnemar_p']:.3g} (seed {row['seed']})"
            rows.append([_title(row), unit.show(row["difference"]), seeds, items, p])
        return rows


def read_answers(store: Store, record: StudyRecord, rows: Mapping[str, StoredRun]) -> Answers:
    """The predicted classes of every finished run.

    Args:
        store: where the predictions are.
        record: the study's.
        rows: its stored runs by key.

    Raises:
        StoreError: the predictions of a finished run are missing.
    """
    done = [run for run in record.runs if run.key in rows and rows[run.key].status == "finished"]
    stored = store.answers({run.key for run in done})
    classes: dict[str, dict[Place, np.ndarray]] = {name: {} for name in record.variants}
    for run in done:
        classes[run.variant][run.seed, run.fold] = stored[run.key]
    if not done:
        return Answers(np.empty(0, np.int64), np.empty(0, np.int64), classes)
    arrays = store.predictions(done[-1].key)  # all runs were asked the same
    return Answers(arrays["test_items"], arrays["test_labels"], classes)


def load_items(record: StudyRecord, answers: Answers, sample: Sequence[Mapping[str, Any]]) -> ItemTables:
    """All tables of the test items.

    Args:
        record: the study's.
        answers: of its runs.
        sample: from `over_test_items`.
    """
    names = record.data.class_names
    called = dict(enumerate(names))
    items = pd.DataFrame(wrong_items(answers, len(names)))
    numbers = dict.fromkeys(("difference", "low", "high", "mcnemar_p"), float)
    return ItemTables(
        wrong=_wrong(answers),
        items=items.assign(true=items["true"].map(called), taken_for=items["taken_for"].map(called)),
        churn=pd.DataFrame([asdict(row) for row in churns(record.levels, answers)], columns=_CHURN),
        sample=pd.DataFrame(list(sample), columns=_SAMPLE).astype({**numbers, "seed": "Int64"}),
    )


def _wrong(answers: Answers) -> pd.DataFrame:
    by_variant = {name: answers.of(name) for name, runs in answers.classes.items() if runs}
    if len(by_variant) > 1:
        by_variant[ALL] = np.concatenate(list(by_variant.values()))
    rows: list[dict[str, Any]] = []
    for name, classes_RB in by_variant.items():
        counts = how_often_wrong(classes_RB, answers.labels_B)
        shares = {f"{kind}_share": count / len(answers.labels_B) for kind, count in counts.items()}
        rows.append({"variant": name, "runs": len(classes_RB), "items": len(answers.labels_B), **counts, **shares})
    return pd.DataFrame(rows, columns=[*_WRONG, *_OFTEN, *(f"{kind}_share" for kind in _OFTEN)])


def _title(row: Mapping[Any, Any]) -> str:
    return f"{row['factor']}: {row['level']} against {row['reference']}"


def _percent(share: float) -> str:
    return unit_of("accuracy").show(share)
