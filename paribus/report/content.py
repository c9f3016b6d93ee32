"""What the page says, as plain values for the template: verdicts, scores, protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import pandas as pd

from paribus.comparison.caveats import CAVEATS
from paribus.comparison.searched import search_sentences
from paribus.metric import metric_name, metric_of
from paribus.report.numbers import MISSING, Unit, unit_of
from paribus.report.protocol import by_test, family_of
from paribus.report.tables.study import Tables
from paribus.report.tables.trials import shown_trials
from paribus.spec.design import cell_name
from paribus.store.records.study import AskedStudy, StudyRecord

TRIALS, _SUSPECTS = 20, 20
"""Trials of a search that the page's table shows at most; the CSV has all."""

_COUNTED = {
    "effect": ("comparison", {name: name for name in ("better", "worse", "equivalent", "undecided")}),
    "interaction": (
        "interaction",
        {
            "better": "more than the sum",
            "worse": "less than the sum",
            "equivalent": "additive",
            "undecided": "undecided",
        },
    ),
}
"""What the verdicts of each kind of contrast are counted as."""
_REASONS = {
    "diverged": "the loss was no longer finite; a lower learning rate may help",
    "interrupted": "not trained yet; run the study again to resume it",
}


@dataclass(frozen=True)
class Content:
    """A study's record and tables, asked for what the page shows."""

    record: StudyRecord
    tables: Tables
    verdicts: Sequence[str]

    @property
    def asked(self) -> AskedStudy:
        """The study file as checked."""
        return self.record.asked

    @property
    def metric(self) -> str:
        """The metric as a reader would say it."""
        return metric_name(f"test_{self.tables.metric}")

    @property
    def unit(self) -> Unit:
        """How its values are written."""
        return unit_of(self.tables.metric, self.record.data.rows["test"])

    @property
    def margin(self) -> str:
        """The margin with its unit."""
        margin = self.unit.scale * self.asked.margin
        unit = "point" if (margin, self.unit.difference) == (1, "points") else self.unit.difference
        return f"{margin:g} {unit}".rstrip()

    @property
    def by_wins(self) -> bool:
        """Whether verdicts rest on the share of seeds won."""
        return self.asked.by_wins

    @property
    def by_test(self) -> bool:
        """Whether validation scores are test scores."""
        return by_test(self.record)

    @property
    def family(self) -> str:
        """What a level's comparison is corrected for."""
        return family_of(self.asked)

    def headline(self) -> list[str]:
        """The outcome in a few sentences."""
        quick = f"This is {CAVEATS['C14']}." if self.asked.quick_look else ""
        told = (quick, self._outcome(), self._winner(), self._missing(), *self.tables.unscored)
        return [text for text in told if text]

    def groups(self) -> list[dict[str, Any]]:
        """Verdicts by factor, interactions apart, each with its sentence and caveats as (code, text)."""
        groups: dict[str, list[dict[str, Any]]] = {}
        rows = self.tables.contrasts.to_dict("records")
        for row, text in zip(rows, self.verdicts, strict=True):
            caveats = [tuple(line.split(" ", 1)) for line in row["caveats"]]
            group = row["factor"] if row["kind"] == "effect" else "Interactions"
            groups.setdefault(group, []).append({"verdict": row["verdict"], "text": text, "caveats": caveats})
        return [{"factor": factor, **_shared_apart(entries)} for factor, entries in groups.items()]

    def scores(self) -> list[dict[str, Any]]:
        """One row per variant, the best score first, with one cell per seed: the score, or why there is none."""
        runs = self.tables.seeds
        cells: dict[str, dict[int, str]] = {}
        for variant, seed, status, score in zip(
            runs["variant"], runs["seed"], runs["status"], runs[f"test_{self.tables.metric}"], strict=True
        ):
            cells.setdefault(variant, {})[seed] = self.unit.show(score) if status == "finished" else status
        ranked = self.tables.variants.sort_values("mean", ascending=self.lower_is_better, kind="stable")
        return [
            {
                "name": row["variant"],
                "stands_for": self._stands_for(row["variant"]),
                "is_best": row["variant"] == self.tables.best.variant and self.tables.best.validated,
                "mean": self.unit.show(row["mean"]),
                "cells": [
                    self.unit.between(row["ci_low"], row["ci_high"]),
                    self.unit.show(row["validation"]),
                    unit_of("accuracy").show(row["gap"]),
                    f"{row['parameters']:,}",
                    _plain(row["seconds"]),
                    *(cells[row["variant"]].get(seed, MISSING) for seed in self.seeds),
                ],
            }
            for row in ranked.to_dict("records")
        ]

    @property
    def seeds(self) -> list[int]:
        """Seeds of the study's runs; of a ladder not every variant has all of them."""
        return list(dict.fromkeys(run.seed for run in self.record.runs))

    def search(self) -> list[str]:
        """What the search did, its winner, and reasons to doubt it; empty without a search."""
        return search_sentences(self.record, self.tables.variants.to_dict("records"))

    def trials(self) -> list[dict[str, Any]]:
        """The best trials of the search, one row per trial."""
        return shown_trials(self.tables.trials, f"val_{self.tables.metric}", TRIALS)

    @property
    def lower_is_better(self) -> bool:
        """Whether the best score is the lowest."""
        return not metric_of(self.tables.metric).higher_is_better

    def evidence(self) -> tuple[list[str], list[list[str]]]:
        """All numbers of the contrasts: heads of columns, and a row per level."""
        show, between = self.unit.of_difference.show, self.unit.of_difference.between
        columns: dict[str, Callable[[Mapping[Any, Any]], str]] = {
            "level": lambda row: f"{row['factor']}: {row['level']} against {row['reference']}",
            "seeds": lambda row: str(row["n"]),
            self.unit.of_difference.titled("difference"): lambda row: show(row["difference"]),
            "95 % interval": lambda row: between(row["ci_low"], row["ci_high"]),
            "corrected": lambda row: between(row["adjusted_low"], row["adjusted_high"]),
            "bootstrap": lambda row: between(row["bca_low"], row["bca_high"]),
            "p": lambda row: _plain(row["p_value"]),
            "corrected p": lambda row: _plain(row["p_adjusted"]),
            "P(level wins)": lambda row: _plain(row["p_superior"]),
        }
        rows = self.tables.contrasts.to_dict("records")
        return list(columns), [[cell(row) for cell in columns.values()] for row in rows]

    def classes(self) -> list[list[str]]:
        """The per-class report in percent, with the range over seeds; dashes for a class without test rows."""
        percent = unit_of("accuracy")
        rows: list[list[str]] = []
        for row in self.tables.classes.to_dict("records"):
            cells: list[str] = []
            for rate in ("precision", "recall", "f1"):
                cells += [percent.show(row[rate]), percent.between(row[f"{rate}_min"], row[f"{rate}_max"])]
            rows.append([row["class"], *cells, f"{row['support']:,}"])
        return rows

    def confused(self) -> list[list[str]]:
        """The pairs of classes mistaken most often: which for which, share with its interval in percent, count."""
        percent = unit_of("accuracy")
        return [
            [
                f"{row['true']} → {row['predicted']}",
                percent.show(row["share"]),
                percent.between(row["ci_low"], row["ci_high"]),
                f"{row['count']:,}",
            ]
            for row in self.tables.confused.to_dict("records")
        ]

    def unfinished(self) -> list[dict[str, str]]:
        """Runs that did not finish, with equal ones in one row."""
        rows: list[dict[str, str]] = []
        for (variant, status, message), group in self.tables.unfinished.groupby(
            ["variant", "status", "message"], sort=False
        ):
            lines = str(message).strip().splitlines()
            reason = lines[-1] if lines else _REASONS.get(str(status), "no message was kept")
            seeds = ", ".join(map(str, group["seed"]))
            row = {"variant": str(variant), "seeds": seeds, "status": str(status), "reason": reason}
            rows.append({**row, "full": str(message) if len(lines) > 1 else ""})
        return rows

    def layers(self) -> list[list[str]]:
        """Statistics of the weights, one row per layer of each network."""
        rows = self.tables.layers.to_dict("records")
        numbers = ("mean", "deviation", "lowest", "highest")
        return [
            [row["layer"], row["variant"], f"{row['weights']:,}", *(f"{row[name]:.3g}" for name in numbers)]
            for row in rows
        ]

    def suspects(self) -> list[list[str]]:
        """The labels that are doubted most, one row per label."""
        show = unit_of("accuracy").show
        return [
            [
                f"{row['item']:,}",
                row["given"],
                show(row["p_given"]),
                row["likely"],
                show(row["p_likely"]),
                str(row["runs"]),
            ]
            for row in self.tables.suspects.head(_SUSPECTS).to_dict("records")
        ]

    def no_map(self) -> str:
        """Why there is no map of the features; empty if there is one."""
        if any("embedding" in arrays for arrays in self.tables.probes.values()):
            return ""
        if not self.tables.probes:
            return "No network was looked into yet: `paribus report` does, and `Result.probe` in Python."
        if find_spec("openTSNE") is None:
            return "The map of the features needs an extra: pip install 'paribus[interpret]', then report again."
        return "There is no map of the features: the test items are not there, or too few of them differ."

    def _outcome(self) -> str:
        table = self.tables.contrasts
        if table.empty:
            return "This study varies nothing; it measures one recipe over its seeds."
        counts = [_counted(str(kind), list(rows["verdict"])) for kind, rows in table.groupby("kind", sort=False)]
        rests = f"A difference below {self.margin} does not matter here."
        return f"{' '.join(counts)} {'Verdicts rest on the share of seeds won.' if self.by_wins else rests}"

    def _winner(self) -> str:
        best, table = self.tables.best, self.tables.variants
        if best.variant is None:
            return "No run has finished yet, so there are no scores."
        row = table[table["variant"] == best.variant].iloc[0]
        interval = self.unit.between(row["ci_low"], row["ci_high"])
        size = f"{self.unit.show(row['mean'])} {self.unit.suffix}".rstrip()
        within = "one seed" if interval == MISSING else f"95 % interval {interval}"
        rows = " on the test rows" if self.by_test else ""
        why = f"Best by validation {self.metric.removeprefix('test ')}{rows}" if best.validated else "First of the plan"
        return f"{why}: {best.variant}, with a {self.metric} of {size} ({within})."

    def _missing(self) -> str:
        counts = self.tables.unfinished["status"].value_counts(sort=False)
        if counts.empty:
            return ""
        parts = ", ".join(f"{n} {status}" for status, n in counts.items())
        return f"Of {len(self.tables.runs)} runs, {len(self.tables.unfinished)} did not finish: {parts}."

    def _stands_for(self, variant: str) -> str:
        """The levels that this variant is, where its name does not say so."""
        places = [level.place for level in self.record.levels if variant in level.variants and level.place]
        if cell_name([factor for factor, _ in places], [label for _, label in places]) == variant:
            return ""
        return ", ".join(f"{factor} {label}" for factor, label in places)


def _plain(value: float) -> str:
    """The number with three significant digits, or without decimals from 1,000 on."""
    if pd.isna(value):
        return MISSING
    return f"{value:.3g}" if abs(value) < 999.5 else f"{value:,.0f}"


def _counted(kind: str, verdicts: Sequence[str]) -> str:
    noun, names = _COUNTED[kind]
    parts = [f"{verdicts.count(verdict)} {name}" for verdict, name in names.items() if verdict in verdicts]
    return f"{len(verdicts)} {noun}{'s' if len(verdicts) > 1 else ''}: {', '.join(parts)}."


def _shared_apart(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The caveats that all verdicts of a factor share, once, and the verdicts with the rest of theirs."""
    shared = [caveat for caveat in entries[0]["caveats"] if all(caveat in entry["caveats"] for entry in entries)]
    if len(entries) == 1:
        shared = []
    rest = [{**one, "caveats": [caveat for caveat in one["caveats"] if caveat not in shared]} for one in entries]
    return {"entries": rest, "shared": shared}
