"""A home filled with made-up runs: nothing is trained."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paribus.comparison.items.sample import over_test_items
from paribus.comparison.judging import contrasts_of
from paribus.comparison.summary import summarize
from paribus.comparison.words import sentence
from paribus.evaluation.metrics import score
from paribus.report.pages.study import write_page
from paribus.report.tables.items import read_answers
from paribus.report.tables.study import Tables, load_tables
from paribus.store import RunRecord, Store
from paribus.store.records import Status
from paribus.store.records.faults import read_study
from paribus.store.records.study import StudyRecord

CLASSES = ["shirt", "bag", "boot"]
SKILL = {"baseline": 1.0, "depth=3": 1.2, "optimizer=SGD": 0.2, "optimizer=<b>&Adam": 1.0}
SKILL |= {"norm=yes": 1.5, "width=9, norm=no": 0.8, "width=9, norm=yes": 1.2}
CROSSED = {
    "width": {"4": ["baseline", "norm=yes"], "9": ["width=9, norm=no", "width=9, norm=yes"]},
    "norm": {"no": ["baseline", "width=9, norm=no"], "yes": ["norm=yes", "width=9, norm=yes"]},
}
FACTORS = {"depth": ["baseline", "depth=3"], "optimizer": ["baseline", "optimizer=SGD", "optimizer=<b>&Adam"]}


class Fake:
    """A study in a home of its own, and what was put into it."""

    def __init__(self, store: Store, values: dict[str, Any]) -> None:
        self.store, self.values = store, values
        self.saved: dict[tuple[str, int] | tuple[str, int, int], RunRecord] = {}

    @property
    def record(self) -> StudyRecord:
        return read_study(self.values)

    @property
    def rows(self) -> dict[str, Any]:
        return self.store.runs(self.record.keys)

    @property
    def tables(self) -> Tables:
        answers = read_answers(self.store, self.record, self.rows)
        found = over_test_items(contrasts_of(self.record, self.rows), self.record.levels, answers)
        summary = {**summarize(self.record, self.rows), "test_set": found}
        return load_tables(self.store, self.record, summary, answers)

    @property
    def verdicts(self) -> list[str]:
        return [sentence(contrast) for contrast in contrasts_of(self.record, self.rows)]

    def page(self, target: Path) -> str:
        return write_page(target, self.record, self.tables, self.verdicts).read_text(encoding="utf-8")


def probabilities(seed: int, skill: float, labels: np.ndarray) -> np.ndarray:
    scores = np.random.default_rng(seed).normal(size=(len(labels), len(CLASSES)))
    scores[np.arange(len(labels)), labels] += skill
    shares = np.exp(scores)
    return (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


def run_record(planned: dict[str, Any], status: Status, validation: float, epochs: int) -> RunRecord:
    seed, variant, fold = planned["seed"], planned["variant"], planned.get("fold", 0)
    predictions, metrics = {}, {}
    parts = {"test": 300, "val": 60} if validation else {"test": 300}
    for part, rows in parts.items() if status == "finished" else ():
        labels = np.arange(rows) % len(CLASSES)
        shares = probabilities(seed * 10 + fold * 1000 + rows, SKILL[variant], labels)
        predictions |= {f"{part}_probabilities": shares, f"{part}_labels": labels, f"{part}_items": np.arange(rows)}
        metrics |= {f"{part}_{name}": value for name, value in score(shares, labels).items()}
    curve = np.linspace(1, 0.5, epochs) + 0.01 * seed + 0.003 * fold
    history = {"train_loss": curve, "train_accuracy": 1 - curve / 2, "val_loss": curve + 0.1, "val_accuracy": 1 - curve}
    if not validation:
        history |= dict.fromkeys(("val_loss", "val_accuracy"), np.full(epochs, np.nan))
    if status == "diverged":
        history["train_loss"] = np.where(np.arange(epochs) == epochs - 1, np.nan, curve)
    return RunRecord(
        key=planned["key"], recipe={"data": {"validation": validation}, "epochs": epochs}, seed=seed, status=status,
        epochs=0 if status == "failed" else epochs, best_epoch=1, time_s=1.5, metrics=metrics,
        history={} if status == "failed" else history, predictions=predictions, engine={"device": "cpu"},
        message="Traceback\n  line\nRunError: <out of memory>" if status == "failed" else "",
    )  # fmt: skip


@pytest.fixture
def fake(tmp_path: Path) -> Callable[..., Fake]:
    def make(
        *,
        seeds: int = 4,
        factors: bool = True,
        crossed: bool = False,
        validation: float | str = 0.1,
        folds: int = 0,
        statuses: dict[tuple[str, int] | tuple[str, int, int], str] | None = None,
        everywhere: str = "finished",
        metric: str = "accuracy",
        question: str = "Is <script>alert(1)</script> safe?",
        home: str = "home",
    ) -> Fake:
        levels = [
            {"factor": factor, "label": variant.split("=")[-1], "variants": [variant], "is_reference": number == 0}
            for factor, variants in FACTORS.items()
            for number, variant in enumerate(variants)
        ]
        if crossed:
            levels = [
                {"factor": factor, "label": label, "variants": cells, "is_reference": number == 0}
                for factor, by_label in CROSSED.items()
                for number, (label, cells) in enumerate(by_label.items())
            ]
        if not factors:
            levels = [{"factor": None, "label": None, "variants": ["baseline"], "is_reference": False}]
        names = list(dict.fromkeys(name for level in levels for name in level["variants"]))
        record = {
            "spec": {
                "name": "fake-study", "question": question, "metric": metric, "margin": 0.01, "baseline": {},
                "data": {"source": "fake", "scale": "standard", "fraction": 1.0, "validation": validation},
                "seeds": list(range(seeds)),
                "factors": {name: {"levels": [1, 2]} for name in (CROSSED if crossed else FACTORS)} if factors else {},
            },
            "dataset": {
                "name": "fake", "fingerprint": "f" * 64, "item_shape": [2], "num_classes": 3,
                "rows": {"train": 600, "test": 300}, "missing": 0, "duplicates": {"train": 1, "test": 0}, "overlap": 2,
                "conflicting": 0, "class_names": CLASSES,
                "class_counts": {part: dict.fromkeys(CLASSES, 100) for part in ("train", "test")},
            },
            "variants": {
                name: {"recipe": {"data": {"validation": validation}, "epochs": 5}, "parameters": 1000 + i}
                for i, name in enumerate(names)
            },
            "levels": levels,
            "runs": [
                {"key": hashlib.sha256(f"{name}{place}".encode()).hexdigest(), "variant": name, **place}
                for name in names
                for seed in range(seeds)
                for place in ([{"seed": seed, "fold": fold} for fold in range(folds)] or [{"seed": seed}])
            ],
            "environment": {"processor": "abacus", "python": "3.11.1"},
        }  # fmt: skip
        study = Fake(Store(tmp_path / home), record)
        for planned in record["runs"]:
            place = tuple(planned[name] for name in ("variant", "seed", "fold") if name in planned)
            status = (statuses or {}).get(place, everywhere)
            if status != "interrupted":
                study.saved[place] = run_record(planned, Status(status), validation, epochs=5)
                study.store.save_run(study.saved[place])
        return study

    return make
