"""Without shuffling, an epoch is what a plain loop over the rows in the order of the data does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from paribus.data.dataset import Dataset
from paribus.data.prepared import prepare
from paribus.execution.worker import prepare_torch
from paribus.spec import StudySpec
from paribus.training.cohort import Cohort
from paribus.training.job import Job, RunTask

ROWS, FEATURES, CLASSES, BATCH = 57, 5, 3, 16
TRAINING = 45  # of which the last fifth of the rows is no part


def dataset() -> Dataset:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(ROWS, FEATURES)).astype(np.float32), np.arange(ROWS) % CLASSES
    return Dataset("toy", x, y, x[:6], y[:6], ("a", "b", "c"))


def cohort(home: Path, seeds: tuple[int, ...], shuffle: bool) -> Cohort:
    study = StudySpec.model_validate(
        {
            "name": "a",
            "data": {"source": "none", "scale": "none", "validation": {"last": 0.2}},
            "baseline": {
                "model": {"kind": "linear"},
                "optimizer": {"kind": "sgd", "lr": 0.1},
                "batch_size": BATCH,
                "shuffle": shuffle,
            },
        }
    )
    recipe = study.recipe().model_dump(mode="json")
    tasks = tuple(RunTask(f"{seed}", seed, recipe) for seed in seeds)
    return Cohort(Job(tasks, prepare(dataset(), home)[0], CLASSES, (FEATURES,)))


def by_pytorch(before: dict[str, torch.Tensor]) -> nn.Linear:
    """Two epochs over the first 45 rows in their order, from these weights."""
    data, peer = dataset(), nn.Linear(FEATURES, CLASSES)
    with torch.no_grad():
        peer.weight.copy_(before["head.weight"].T)
        peer.bias.copy_(before["head.bias"].flatten())
    optimizer = torch.optim.SGD(peer.parameters(), lr=0.1)
    for start in [*range(0, TRAINING, BATCH)] * 2:
        rows = slice(start, min(start + BATCH, TRAINING))
        optimizer.zero_grad()
        scores = peer(torch.from_numpy(data.x_train[rows]))
        functional.cross_entropy(scores, torch.from_numpy(data.y_train[rows])).backward()
        optimizer.step()
    return peer


def test_two_epochs_in_file_order_equal_pytorchs(tmp_path: Path) -> None:
    prepare_torch()
    ours = cohort(tmp_path, (3, 8), shuffle=False)
    peers = [by_pytorch(ours.network.state_of(m)) for m in range(2)]
    for epoch in range(2):
        ours.train_epoch(epoch)
    for m, peer in enumerate(peers):
        after = ours.network.state_of(m)
        torch.testing.assert_close(after["head.weight"], peer.weight.detach().T, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(after["head.bias"].flatten(), peer.bias.detach(), rtol=1e-5, atol=1e-6)


def test_the_order_changes_what_is_learned_and_only_then_depends_on_the_epoch(tmp_path: Path) -> None:
    fixed, shuffled = cohort(tmp_path, (3,), shuffle=False), cohort(tmp_path, (3,), shuffle=True)
    member, other = fixed.members[0], shuffled.members[0]
    assert member.order(0).tolist() == member.order(1).tolist() == list(range(TRAINING))
    assert other.order(0).tolist() != other.order(1).tolist()
    assert sorted(other.order(0).tolist()) == list(range(TRAINING))
