"""Runs that go on from checkpoints, here or elsewhere, equal those that were never interrupted, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from torch import nn

from paribus.errors import StoreError
from paribus.execution.executor import OnRecords
from paribus.execution.worker import prepare_torch
from paribus.running.resuming import epochs_done
from paribus.running.work import Pool
from paribus.spec import StudySpec
from paribus.spec.parts import register_own
from paribus.store import RunRecord, Status, Store
from paribus.training.checkpoint import find_state
from paribus.training.cohort import Cohort, train_cohort
from paribus.training.job import Job, RunTask, checkpoint_of

OWN = {"kind": "test_checkpoint:peculiar"}
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "adam": [{}] * 3,
    "plain sgd, which has no state": [{"optimizer": {"kind": "sgd"}}] * 2,
    "momentum of their own": [{"optimizer": {"kind": "sgd", "momentum": m}} for m in (0.0, 0.5, 0.9)],
    "batch norm and dropout": [{"model.batch_norm": True, "model.dropout": 0.2}] * 2,
    "best kept, ends apart": [{"keep": "best", "epochs": epochs} for epochs in (2, 5, 3)],
    "a model of the user's own": [{"model": OWN}],
    "a model of the user's own, best kept": [{"model": OWN, "keep": "best"}],
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


class Peculiar(nn.Module):
    """Tensors whose memory is in another order or shared, and one that changes and is not in `state_dict`."""

    turned: torch.Tensor
    wide: torch.Tensor
    mean: torch.Tensor

    def __init__(self, fan_in: int, num_outputs: int) -> None:
        super().__init__()
        self.head = nn.Linear(fan_in, num_outputs)
        self.frozen = nn.Parameter(torch.rand(fan_in, fan_in).T, requires_grad=False)
        self.register_buffer("turned", torch.rand(fan_in, fan_in).T)
        self.register_buffer("wide", torch.full((1,), 0.5).expand(fan_in))
        self.register_buffer("mean", torch.zeros(fan_in), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.training:
            self.mean.mul_(0.9).add_(0.1 * x.detach().mean(0))
        return self.head((x - self.mean) @ self.frozen @ self.turned * self.wide)


def peculiar(item_shape: tuple[int, ...], num_outputs: int) -> nn.Module:
    return Peculiar(item_shape[0], num_outputs)


def make_job(folder: Path, changes: list[dict[str, Any]]) -> Job:
    register_own("model", peculiar, OWN["kind"])
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


def assert_equal(ours: list[RunRecord], theirs: list[RunRecord]) -> None:
    for mine, other in zip(ours, theirs, strict=True):
        assert (mine.key, mine.status, mine.epochs, mine.best_epoch) == (
            other.key,
            other.status,
            other.epochs,
            other.best_epoch,
        )
        assert mine.metrics == other.metrics
        for kind in ("weights", "history", "predictions", "state"):
            assert getattr(mine, kind).keys() == getattr(other, kind).keys()
            for key, value in getattr(mine, kind).items():
                np.testing.assert_array_equal(value, getattr(other, kind)[key])


@pytest.mark.parametrize("epochs", [1, 3, 4])
@pytest.mark.parametrize("name", VARIANTS)
def test_going_on_equals_going_through(name: str, epochs: int, folder: Path, tmp_path: Path) -> None:
    prepare_torch()
    job = make_job(folder, VARIANTS[name])
    whole = train_cohort(job)
    watched = replace(job, checkpoints=tmp_path, checkpoint_s=0.0)
    told: list[int] = []

    def kill(epoch: int, accuracies: Mapping[str, float]) -> None:
        told.append(epoch)
        if epoch == epochs + 1:
            raise Killed

    with pytest.raises(Killed):
        train_cohort(watched, kill)
    store = Store(tmp_path)
    assert {epochs_done(checkpoint_of(tmp_path, run.key), store) for run in job.runs} <= set(range(epochs + 1))
    rest = train_cohort(watched, lambda epoch, _: told.append(epoch))
    assert [*range(epochs + 2)] == told[: epochs + 2]
    assert [*range(epochs, 6)] == [epoch for epoch in told[epochs + 2 :] if epoch >= epochs]  # no epoch again
    assert_equal(rest, whole)


@pytest.mark.parametrize("name", VARIANTS)
def test_what_another_job_goes_on_with_equals_what_one_trains(name: str, folder: Path, tmp_path: Path) -> None:
    prepare_torch()
    job = make_job(folder, VARIANTS[name])
    whole = train_cohort(job)
    first, *others = job.runs
    watched = replace(job, checkpoints=tmp_path)
    here = train_cohort(replace(watched, runs=(replace(first, until=2), *others)))
    there = train_cohort(replace(watched, runs=(replace(first, after=2),)))
    one_ended = whole[0].epochs < 2  # before it could be handed over
    assert [record.key for record in here] == [run.key for run in (job.runs if one_ended else others)]
    assert_equal(here if one_ended else [*there, *here], whole)


def test_runs_that_are_in_different_epochs_are_trained_apart(folder: Path, tmp_path: Path) -> None:
    prepare_torch()
    job = make_job(folder, VARIANTS["adam"])
    watched = replace(job, checkpoints=tmp_path)
    one, two, three = job.runs
    assert train_cohort(replace(watched, runs=(replace(one, until=2), replace(three, until=4)))) == []
    told: list[tuple[int, list[str]]] = []
    records = train_cohort(watched, lambda epoch, accuracies: told.append((epoch, sorted(accuracies))))
    assert [epoch for epoch, _ in told] == [2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 4, 5]
    assert [key for _, (key,) in told] == ["0"] * 4 + ["1"] * 6 + ["2"] * 2
    assert_equal(records, train_cohort(job))
    assert two.key == "1"


def test_the_time_before_a_handover_counts(folder: Path, tmp_path: Path) -> None:
    prepare_torch()
    job = replace(make_job(folder, [{}]), checkpoints=tmp_path)
    (run,) = job.runs
    train_cohort(replace(job, runs=(replace(run, until=4),)))
    state = find_state(job, run)
    assert state is not None
    assert 0 < state.time_s < train_cohort(job)[0].time_s


def zeros(content: bytes) -> bytes:
    """As a power cut may leave a file."""
    return content[: len(content) // 2] + bytes(len(content) - len(content) // 2)


def flipped(content: bytes) -> bytes:
    return content[:-5] + bytes([content[-5] ^ 1]) + content[-4:]


DAMAGE = {
    "zeros in its second half": zeros,
    "one bit of a weight": flipped,
    "one bit of the history": lambda content: content.replace(b"0.", b"1.", 1),
    "cut": lambda content: content[:-100],
    "longer": lambda content: content + b"\n",
    "empty": lambda content: b"",
    "not sealed": lambda content: content.replace(b'"sha256"', b'"sha512"'),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_nothing_goes_on_from_a_damaged_checkpoint(
    how: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare_torch()
    job = make_job(folder, [{}] * 2)
    watched = replace(job, checkpoints=tmp_path / "checkpoints")
    train_cohort(replace(watched, runs=tuple(replace(run, until=3) for run in job.runs)))
    store = Store(tmp_path)
    paths = [checkpoint_of(store.checkpoints, run.key) for run in job.runs]
    assert [epochs_done(path, store) for path in paths] == [3, 3]
    paths[0].write_bytes(DAMAGE[how](paths[0].read_bytes()))
    told: list[int] = []
    assert_equal(train_cohort(watched, lambda epoch, _: told.append(epoch)), train_cohort(job))
    assert told == [*range(6), 3, 4, 5]
    assert [epochs_done(path, store) for path in paths] == [0, 3]
    assert not paths[0].exists()
    assert capsys.readouterr().err.startswith(f"{paths[0]} is damaged: ")


def full_disk(tensors: Mapping[str, Any], path: Path, **_: Any) -> None:
    path.write_bytes(b"half a file")
    raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")


def test_a_full_disk_costs_no_run_and_no_checkpoint(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_torch()
    job = make_job(folder, [{}])
    watched = replace(job, checkpoints=tmp_path, checkpoint_s=0.0)
    train_cohort(replace(watched, runs=(replace(job.runs[0], until=2),)))
    monkeypatch.setattr("paribus.training.checkpoint.save_file", full_disk)
    assert_equal(train_cohort(watched), train_cohort(job))
    (left,) = tmp_path.iterdir()
    assert epochs_done(left, Store(tmp_path)) == 2


def test_a_run_that_cannot_be_handed_over_says_why(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_torch()
    job = replace(make_job(folder, [{}]), checkpoints=tmp_path)
    monkeypatch.setattr("paribus.training.checkpoint.save_file", full_disk)
    with pytest.raises(StoreError, match=r"Cannot write .*0\.safetensors: .*No space left on device"):
        train_cohort(replace(job, runs=(replace(job.runs[0], until=2),)))
    assert not list(tmp_path.iterdir())


@dataclass
class Told:
    """Workers that train nothing and tell of these runs.

    Args:
        records: of the runs.
    """

    records: list[RunRecord]
    count: int = 1

    def train(self, jobs: Sequence[Job], on_records: OnRecords, on_tick: Any) -> None:
        on_records(self.records)


def test_only_a_failed_run_keeps_its_checkpoint(folder: Path, tmp_path: Path) -> None:
    store, job = Store(tmp_path), make_job(folder, [{}, {}])
    records = [
        RunRecord(f"{run.seed:064x}", run.recipe, run.seed, status)
        for run, status in zip(job.runs, (Status.FAILED, Status.DIVERGED), strict=True)
    ]
    job = replace(job, runs=tuple(replace(run, key=f"{run.seed:064x}") for run in job.runs))
    paths = [checkpoint_of(store.checkpoints, run.key) for run in job.runs]
    for path in paths:
        path.touch()
    workers: Any = Told(records)
    Pool(store, workers, quiet=True).train([job], 2)
    assert [path.exists() for path in paths] == [True, False]


def test_no_checkpoint_is_written_before_its_time(folder: Path, tmp_path: Path) -> None:
    prepare_torch()
    job = replace(make_job(folder, [{}]), checkpoints=tmp_path)
    train_cohort(job)
    assert not list(tmp_path.iterdir())
    assert epochs_done(checkpoint_of(tmp_path, job.runs[0].key), Store(tmp_path)) == 0
    assert Cohort(job).active
