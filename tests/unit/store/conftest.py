"""A made-up run with every kind of artifact."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from paribus.store import RunRecord, Status


@pytest.fixture
def record_of() -> Callable[..., RunRecord]:
    def make(number: int = 1, status: str = "finished") -> RunRecord:
        rng = np.random.default_rng(number)
        empty = status == "failed"
        probabilities = rng.dirichlet([1, 1, 1], size=6).astype(np.float32)
        predictions = {"test_probabilities": probabilities, "test_labels": np.arange(6) % 3, "test_items": np.arange(6)}
        return RunRecord(
            key=f"{number:064x}",
            recipe={"model": {"kind": "mlp"}, "data": {"validation": 0.1}, "epochs": 4},
            seed=number,
            status=Status(status),
            epochs=0 if empty else 4,
            best_epoch=0 if empty else 3,
            time_s=0.25,
            predicted_s=0.125,
            metrics={} if empty else {"test_accuracy": 1 / 3, "test_loss": 1e-300},
            history={} if empty else {"train_loss": rng.random(4), "val_loss": np.array([1.0, np.nan, np.inf, 2.0])},
            predictions={} if empty else predictions,
            weights={} if empty else {"head.weight": rng.random((3, 2), np.float32)},
            engine={"device": "cpu", "threads": 1},
            message="Traceback ...\nValueError: no luck" if empty else "",
        )

    return make


@pytest.fixture
def study_of() -> Callable[..., dict[str, Any]]:
    """A made-up study's record with runs of these numbers."""

    def make(name: str = "a", numbers: tuple[int, ...] = (1,), question: str = "ü\n'\"") -> dict[str, Any]:
        spec = {"name": name, "question": question, "baseline": {}, "seeds": [0], "factors": {}}
        classes = {"x": 3, "y": 3}
        data = {"name": "d", "fingerprint": "0" * 64, "class_names": ["x", "y"], "item_shape": [4]}
        asked = {"source": "d", "scale": "standard", "fraction": 1.0, "validation": 0.1}
        same = {"num_classes": 2, "duplicates": {"train": 0, "test": 0}, "overlap": 0, "missing": 0}
        counts = {"rows": {"train": 6, "test": 6}, "class_counts": {"train": classes, "test": classes}}
        return {
            "spec": {**spec, "data": asked, "metric": "accuracy", "margin": 0.005},
            "dataset": {**data, **counts, **same},
            "variants": {"baseline": {"recipe": {"data": {"validation": 0.1}, "epochs": 4}, "parameters": 7}},
            "levels": [{"factor": None, "label": None, "variants": ["baseline"], "is_reference": True}],
            "runs": [{"key": f"{n:064x}", "variant": "baseline", "seed": n, "fold": None} for n in numbers],
            "environment": {"python": "3.11.7"},
        }

    return make
