"""More epochs go on from what is stored, and come to the same bits as training at once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paribus import Study
from paribus.data.sources.digits import digits
from paribus.results.result import Result
from paribus.running.fitting import plan_on
from paribus.running.resuming import goes_on, starts_of
from paribus.store import Store

LEVELS: dict[str, dict[str, Any]] = {
    "adam": {},
    "plain sgd": {"optimizer": {"kind": "sgd"}},
    "momentum, best kept": {"optimizer": {"kind": "sgd", "momentum": 0.9}, "keep": "best"},
    "keras": {"optimizer": {"kind": "rmsprop", "conventions": "keras"}},
    "dropout and batch norm": {"model.dropout": 0.3, "model.batch_norm": True},
    "falls": {"schedule": {"kind": "inverse_time"}, "warmup_epochs": 0.5},
    "plateau": {"schedule": {"kind": "reduce_on_plateau", "patience": 1, "min_delta": 0.5}},
    "stops": {"early_stopping": {"patience": 1, "min_delta": 0.5}, "keep": "best"},
    "fold": {"data.validation": {"folds": 3, "fold": 1}},
    "cosine": {"schedule": {"kind": "cosine"}},
    "diverges": {"optimizer": {"kind": "sgd", "lr": 1e30}},
}
NOT_LONGER = {"cosine", "diverges"}


def study(epochs: int, augment: dict[str, Any] | None = None) -> Study:
    baseline = {"model": {"kind": "mlp", "width": 16}, "epochs": epochs, "augment": augment}
    factors = {"level": {"levels": LEVELS}}
    return Study(name="longer", data={"source": "digits"}, baseline=baseline, factors=factors, seeds=2)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Result, dict[str, int]]:
    """Five epochs at once, and two epochs made five; with the epochs that each run went on from."""
    whole = study(5).run(tmp_path_factory.mktemp("whole"), quiet=True)
    home = tmp_path_factory.mktemp("parts")
    study(2).run(home, quiet=True)
    longer = study(5)
    plan = plan_on(longer, digits())
    starts = starts_of(plan.runs, plan.fingerprint, Store(home))
    begun = {run.variant: starts[run.key].epochs if run.key in starts else 0 for run in plan.runs}
    return whole, longer.run(home, quiet=True), begun


@pytest.mark.parametrize("level", LEVELS)
def test_going_on_equals_training_at_once(level: str, results: tuple[Result, Result, dict[str, int]]) -> None:
    whole, longer, begun = results
    variant = "baseline" if level == "adam" else f"level={level}"
    assert begun[variant] == (0 if level in NOT_LONGER else 2)
    ours, theirs = ([run for run in result.summary["runs"] if run["variant"] == variant] for result in (longer, whole))
    for mine, other in zip(ours, theirs, strict=True):
        assert {k: v for k, v in mine.items() if k != "seconds"} == {k: v for k, v in other.items() if k != "seconds"}
        for kind in ("history", "predictions", "weights") if mine["status"] == "finished" else ("history",):
            values, expected = (getattr(r._store, kind)(mine["key"]) for r in (longer, whole))
            assert values.keys() == expected.keys()
            for name, value in values.items():
                np.testing.assert_array_equal(value, expected[name], err_msg=f"{kind} {name}")


def test_a_run_that_was_extended_can_be_extended_again(tmp_path: Path) -> None:
    for epochs in (1, 2, 4):
        result = study(epochs).run(tmp_path, quiet=True)
    assert {run["epochs"] for run in result.summary["runs"] if run["variant"] == "baseline"} == {4}
    assert len(result.history.query("variant == 'baseline' and seed == 0")) == 4


def test_rates_that_differ_in_the_last_steps_of_an_epoch_alone_are_others() -> None:
    """The cosine falls after each whole epoch beyond the warm-up, so at 1.99 epochs for the first time."""
    baseline = {"epochs": 10, "schedule": {"kind": "cosine"}, "warmup_epochs": 0.99}
    long = Study(name="longer", data={"source": "digits"}, baseline=baseline).recipe()
    assert not goes_on(long.model_copy(update={"epochs": 2}), long)
    assert goes_on(long.model_copy(update={"epochs": 1}), long)


def test_where_a_schedule_does_not_know_its_end_every_shorter_training_is_a_beginning(tmp_path: Path) -> None:
    """Asking for each length in turn took minutes for thousands of epochs."""
    long = Study(name="longer", data={"source": "digits"}, baseline={"epochs": 4000}, seeds=1)
    begun = time.process_time()
    plan = plan_on(long, digits())
    assert starts_of(plan.runs, plan.fingerprint, Store(tmp_path)) == {}
    assert time.process_time() - begun < 20
