"""A cohort that goes on from a checkpoint equals one that was never interrupted, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paribus.execution.worker import prepare_torch
from paribus.spec import StudySpec
from paribus.training.cohort import Cohort, train_cohort
from paribus.training.job import Job, RunTask

VARIANTS: dict[str, list[dict[str, Any]]] = {
    "adam": [{}] * 3,
    "plain sgd, which has no state": [{"optimizer": {"kind": "sgd"}}] * 2,
    "momentum of their own": [{"optimizer": {"kind": "sgd", "momentum": m}} for m in (0.0, 0.5, 0.9)],
    "batch norm and dropout": [{"model.batch_norm": True, "model.dropout": 0.2}] * 2,
    "best kept, ends apart": [{"keep": "best", "epochs": epochs} for epochs in (2, 5, 3)],
    "one diverges": [{"optimizer.lr": lr} for lr in (1e30, 0.01)],
}


class Killed(BaseException):
    """Stands for a SIGKILL."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path, rng = tmp_path_factory.mktemp("data"), np.random.default_rng(3)
    for part, rows in (("train", 150), ("test", 40)):
        labels = np.arange(rows) % 3
        np.save(path / f"x_{part}.npy", (rng.normal(size=(rows, 9)) + labels[:, None]).astype(np.float32))
        np.save(path / f"y_{part}.npy", labels)
    return path


def make_job(folder: Path, changes: list[dict[str, Any]]) -> Job:
    model = {"kind": "mlp", "width": 16}
    study = StudySpec.model_validate(
        {"name": "a", "data": {"source": "none"}, "baseline": {"epochs": 5, "batch_size": 32, "model": model}}
    )
    recipes = [study.recipe(change).model_dump(mode="json") for change in changes]
    return Job(
        tuple(RunTask(str(seed), seed, recipe) for seed, recipe in enumerate(recipes)),
        folder,
        3,
        np.load(folder / "x_test.npy").shape[1:],
    )


@pytest.mark.parametrize("epochs", [1, 3, 4])
@pytest.mark.parametrize("name", VARIANTS)
def test_going_on_equals_going_through(name: str, epochs: int, folder: Path, tmp_path: Path) -> None:
    prepare_torch()
    job = make_job(folder, VARIANTS[name])
    whole = train_cohort(job)
    watched = replace(job, checkpoint=tmp_path / "checkpoint.safetensors", checkpoint_s=0.0)
    told: list[int] = []

    def kill(epoch: int, active: int, accuracy: float) -> None:
        told.append(epoch)
        if epoch == epochs + 1:
            raise Killed

    with pytest.raises(Killed):
        train_cohort(watched, kill)
    rest = train_cohort(watched, lambda epoch, *_: told.append(epoch))
    assert told == [*range(epochs + 2), *range(epochs, 6)]  # each begins with the epochs that are done
    for ours, theirs in zip(rest, whole, strict=True):
        assert (ours.status, ours.epochs, ours.best_epoch) == (theirs.status, theirs.epochs, theirs.best_epoch)
        assert ours.metrics == theirs.metrics
        for kind in ("weights", "history", "predictions"):
            assert getattr(ours, kind).keys() == getattr(theirs, kind).keys()
            for key, value in getattr(ours, kind).items():
                np.testing.assert_array_equal(value, getattr(theirs, kind)[key])


def test_a_damaged_checkpoint_means_a_new_start(folder: Path, tmp_path: Path) -> None:
    prepare_torch()
    path = tmp_path / "checkpoint.safetensors"
    path.write_bytes(b"half a file")
    job = replace(make_job(folder, [{"epochs": 1}]), checkpoint=path)
    assert train_cohort(job)[0].epochs == 1


def test_no_checkpoint_is_written_before_its_time(folder: Path, tmp_path: Path) -> None:
    prepare_torch()
    job = replace(make_job(folder, [{}]), checkpoint=tmp_path / "checkpoint.safetensors")
    train_cohort(job)
    assert not list(tmp_path.iterdir())
    assert Cohort(job).active
