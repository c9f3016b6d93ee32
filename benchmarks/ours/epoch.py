"""An epoch of a study's baseline, and all that a peer needs to train the same steps.

usage: python -m benchmarks.ours.epoch STUDY.yaml OUT.npz

OUT gets the rows in their order, the weights before and after, as Keras orders and lays them out, and the probabilities
of the test rows; and the last two again of an epoch from weights changed by the share `CHANGE`, to tell what an error
of that size grows to.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from paribus.execution.worker import prepare_torch
from paribus.running.work import lay_out, plan_with_data
from paribus.store import Store
from paribus.study import Study
from paribus.training.cohort import Cohort
from paribus.training.step import probabilities
from paribus.user_code import Origin

CHANGE = 1e-5


def epoch(file: Path) -> dict[str, np.ndarray]:
    """Train the first epoch of the baseline with the study's first seed."""
    prepare_torch()
    with tempfile.TemporaryDirectory() as home:
        store = Store(Path(home))
        planned = plan_with_data(Study.open(str(file)), Origin(file.parent))
        (job,) = lay_out(planned, store, None).begin(store)
        plain, other = Cohort(job), Cohort(job)
        (member,), before = plain.members, plain.network.state_of(0)
        rows = member.rows.train[member.stream("order", 0).permutation(len(member.rows.train))]
        torch.manual_seed(0)
        beside = {name: value * (1 + CHANGE * torch.randn_like(value).sign()) for name, value in before.items()}
        other.network.restore(0, beside)
        return {"rows": rows, **_laid_out("before", before), **_trained(plain, ""), **_trained(other, "other_")}


def _trained(cohort: Cohort, which: str) -> dict[str, np.ndarray]:
    cohort.train_epoch(0)
    test_rows = torch.arange(len(cohort.test_feed.y_N)).expand(1, -1)
    scores = probabilities(cohort.network, cohort.test_feed, test_rows)[0].numpy()
    return {f"{which}probabilities": scores, **_laid_out(f"{which}after", cohort.network.state_of(0))}


def _laid_out(when: str, state: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """Arrays by `WHEN/NUMBER`: layer by layer kernel or scale, bias or shift, running mean and variance."""
    layers = dict.fromkeys(name.rpartition(".")[0] for name in state)
    names = [f"{layer}.{part}" for layer in layers for part in ("weight", "bias", "running_mean", "running_var")]
    arrays = [_as_there(state[name].numpy()) for name in names if name in state]
    return {f"{when}/{number:03}": array for number, array in enumerate(arrays)}


def _as_there(array: np.ndarray) -> np.ndarray:
    """Kernels of convolutions with their filters last; vectors without the axis of rows."""
    if array.ndim == 4:
        return array.transpose(2, 3, 1, 0)
    return array[0] if array.shape[0] == 1 else array


if __name__ == "__main__":
    np.savez(sys.argv[2], allow_pickle=False, **epoch(Path(sys.argv[1])))
