"""Convolutions of few channels neither die nor write outside their memory, on this processor and with AVX2 alone.

Each world is a child process, since the instructions are chosen when PyTorch is loaded.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sweep_convolutions import WORLDS, Case, cases, guard_in, try_all

FILTERS = (4, 6, 8, 12)
FATAL = [
    Case(4, 8, 1, 2, 16, 90, "fp32"),
    Case(3, 6, 1, 3, 21, 14, "fp32"),
    Case(8, 16, 1, 2, 64, 64, "fp32"),  # with AVX-512 and channels 9 to 15 as well
    Case(4, 8, 1, 2, 128, 32, "fp32"),
]
"""With PyTorch's own strides each dies in one of the worlds, if nothing touches its memory's borders unpunished."""

TRAIN = """
import json, sys
from pathlib import Path
import numpy as np
from paribus.execution.worker import prepare_torch
from paribus.spec import StudySpec
from paribus.training.cohort import train_cohort
from paribus.training.job import Job, RunTask

prepare_torch()
losses = {}
for filters in json.loads(sys.argv[2]):
    model = {"kind": "resnet", "base_filters": filters}
    baseline = {"model": model, "epochs": 2, "batch_size": 90}
    recipe = StudySpec.model_validate({"name": "a", "data": {"source": "none"}, "baseline": baseline}).recipe()
    tasks = tuple(RunTask(str(seed), seed, recipe.model_dump(mode="json")) for seed in (0, 1))
    records = train_cohort(Job(tasks, Path(sys.argv[1]), 3, (16, 16)))
    losses[filters] = [[float(loss) for loss in record.history["train_loss"]] for record in records]
print(json.dumps(losses))
"""


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_none_dies_or_is_wrong(world: str, tmp_path: Path) -> None:
    drawn = [case for case in cases((1, 3, 8, 15, 16), 1) if case.precision == "fp32"]
    assert len(drawn) == 45
    assert try_all([*FATAL, *drawn], world, guard_in(tmp_path)) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [{"kernels": (2, 4)}, {"kernels": (1, 2, 3), "padding": "valid"}, {"kernels": (1, 2, 3), "depthwise": True}],
    ids=["even", "valid", "depthwise"],
)
def test_nor_do_those_of_listed_layers(kind: dict[str, Any], tmp_path: Path) -> None:
    drawn = [case for case in cases((1, 3, 8, 15), 1, **kind) if case.precision == "fp32"]
    assert len(drawn) == 12 * len(kind["kernels"])
    assert try_all(drawn, "avx2", guard_in(tmp_path)) == []


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="oneDNN's code for x86-64")
def test_it_would_be_noticed(tmp_path: Path) -> None:
    told = try_all([FATAL[0]], "avx2", guard_in(tmp_path), bare=True)
    assert told, "PyTorch's own strides are sound now: `Conv` may use them again"
    assert told[0].startswith(("died", "wrong"))


@pytest.mark.slow
def test_residual_networks_of_few_filters_train_alike_in_both_worlds(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for part, rows in (("train", 180), ("test", 30)):
        np.save(tmp_path / f"x_{part}.npy", rng.integers(0, 256, (rows, 16, 16)).astype(np.uint8))
        np.save(tmp_path / f"y_{part}.npy", np.arange(rows) % 3)
    command = [sys.executable, "-c", TRAIN, str(tmp_path), json.dumps(FILTERS)]
    children = [
        subprocess.Popen(command, env={**os.environ, **world}, stdout=subprocess.PIPE) for world in WORLDS.values()
    ]
    found = [json.loads(child.communicate()[0] or "{}") for child in children]
    assert [child.returncode for child in children] == [0, 0]
    for filters in map(str, FILTERS):
        np.testing.assert_allclose(found[0][filters], found[1][filters], rtol=1e-3)
