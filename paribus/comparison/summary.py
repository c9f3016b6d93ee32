"""The whole outcome of a study from its stored rows, as JSON values: what `paribus show --json` prints."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from paribus.comparison.judging import contrasts_of, scores_by_variant
from paribus.comparison.ladder import ladder_facts, seeds_wanted
from paribus.comparison.sources import SourceSpread, plain_spreads, source_spreads
from paribus.comparison.verdicts import Contrast
from paribus.environment import environment, program
from paribus.metric import metric_of
from paribus.planning.plan import canonical
from paribus.store.records.run import StoredRun
from paribus.store.records.study import StudyRecord


def summarize(
    record: StudyRecord, rows: Mapping[str, StoredRun], contrasts: list[Contrast] | None = None
) -> dict[str, Any]:
    """Variants, runs and contrasts of a study, in the order of its plan; its frozen plan and its search, if any.

    Args:
        record: of the study.
        rows: its stored runs by key; a run that is not among them counts as interrupted.
        contrasts: what `contrasts_of` makes of them, where that is known.

    Returns:
        JSON values; a number that does not exist is null.
    """
    runs = planned_runs(record, rows)
    contrasts = contrasts_of(record, rows) if contrasts is None else contrasts
    complete = all(run["status"] != "interrupted" for run in runs) and not seeds_wanted(record, contrasts)
    variants = [
        {
            "name": name,
            "factor": level.factor,
            "level": level.label,
            **record.values["variants"][name],
        }
        for level in record.levels
        for name in level.variants
    ]
    return {
        "study": record.asked.name,
        "status": "finished" if complete else "interrupted",
        "variants": variants,
        "runs": runs,
        "contrasts": [plain(contrast) for contrast in contrasts],
        "frozen": _frozen(record),
        "search": record.values.get("tuning"),
        "ladder": ladder_facts(record),
        "sources": plain_spreads(spreads_of(record, rows)),
    }


def _frozen(record: StudyRecord) -> dict[str, Any] | None:
    """What was frozen before the study ran, without the whole document."""
    entry = record.values.get("frozen")
    return None if entry is None else {key: value for key, value in entry.items() if key != "content"}


def spreads_of(record: StudyRecord, rows: Mapping[str, StoredRun]) -> list[SourceSpread]:
    """How much each source of randomness moves the test metric, where the study varies one at a time."""
    return source_spreads(record, scores_by_variant(record, rows))


def stamp_of(record: StudyRecord, rows: Mapping[str, StoredRun]) -> str:
    """A hash of all that the outcome rests on: study, stored runs, this program, its libraries, and the machine.

    Args:
        record: of the study.
        rows: its stored runs by key; a run that is there stays as it is, but one that failed may be trained anew.
    """
    found: list[Any] = [(key, rows[key].status, rows[key].created.isoformat()) for key in sorted(rows)]
    metric = record.asked.metric
    if not metric_of(metric).stored:  # what was computed of a run, and kept, is part of no run
        found += [rows[key].metrics.get(f"{part}_{metric}") for key in sorted(rows) for part in ("val", "test")]
    return hashlib.sha256(canonical([record.values, found, environment(), program()]).encode()).hexdigest()


def planned_runs(record: StudyRecord, rows: Mapping[str, StoredRun]) -> list[dict[str, Any]]:
    """Every planned run with how it ended, as JSON values, in the order of the plan."""
    stored = record.values["runs"]
    return [_run(values, rows.get(run.key)) for values, run in zip(stored, record.runs, strict=True)]


def _run(planned: Mapping[str, Any], row: StoredRun | None) -> dict[str, Any]:
    empty: dict[str, Any] = {"status": "interrupted", "epochs": 0, "best_epoch": 0, "seconds": 0.0, "metrics": {}}
    if row is None:
        return {**planned, **empty}
    lacking = {"unscored": row.message} if row.status == "finished" and row.message else {}
    return {
        **planned,
        "status": row.status,
        "epochs": row.epochs,
        "best_epoch": row.best_epoch,
        "seconds": row.time_s,
        "metrics": dict(sorted(row.metrics.items())),
        **lacking,
    }


def unscored(runs: Iterable[Mapping[str, Any]]) -> list[str]:
    """Why runs that finished lack a score of the study's metric, a reason each, and how many do.

    Args:
        runs: from `planned_runs`.
    """
    reasons = Counter(run["unscored"] for run in runs if "unscored" in run)
    return [f"{reason} ({count:,} run{'' if count == 1 else 's'})" for reason, count in reasons.items()]


def plain(contrast: Contrast) -> dict[str, Any]:
    """A contrast as JSON values; a number that does not exist is null."""
    values = asdict(contrast).items()
    return {key: None if isinstance(v, float) and not math.isfinite(v) else v for key, v in values}
