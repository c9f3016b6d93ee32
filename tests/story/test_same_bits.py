"""Fashion-MNIST: alone or stacked, with one worker or two, undisturbed or killed, a run has the same bits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from paribus import Study
from paribus.execution.worker import prepare_torch
from paribus.running.work import lay_out, plan_with_data
from paribus.store import Store
from paribus.training.cohort import train_cohort
from paribus.user_code import Origin

STUDY = """\
name: bits
data: {source: fashion_mnist, fraction: 0.02}
baseline: {model: {kind: mlp, width: 71, depth: 2}, epochs: 3, batch_size: 33}
seeds: 3
factors:
  networks:
    levels:
      plain: {}
      dropout: {model.dropout: 0.3}
      one layer: {model.sizes: [129]}
      cnn: {model: {kind: cnn, base_filters: 4, blocks: 2}}
      padded cnn: {model: {kind: cnn, base_filters: 9, blocks: 2, dropout: 0.2}}
      resnet: {model: {kind: resnet, base_filters: 4}, batch_size: 128}
"""
KINDS = ("weights", "predictions", "history")
Bits = dict[str, bytes]


def bits_of(arrays: dict[str, dict[str, np.ndarray]]) -> Bits:
    named = {f"{kind} {name}": values for kind, held in arrays.items() for name, values in held.items()}
    return {name: values.tobytes() for name, values in named.items() if name != "history epoch"}  # the store's own


def stored(home: Path, keys: list[str]) -> dict[str, Bits]:
    store = Store(home)
    finished = [key for key, row in store.runs(keys).items() if row.status == "finished"]
    return {key: bits_of({kind: getattr(store, kind)(key) for kind in KINDS}) for key in finished}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bits")
    (path / "bits.yaml").write_text(STUDY)
    return path


@pytest.fixture(scope="module")
def alone(folder: Path) -> dict[str, Bits]:
    """Every run in this process, one after the other."""
    store = Store(folder / "alone")
    work = lay_out(plan_with_data(Study.open(str(folder / "bits.yaml")), Origin(folder)), store, None)
    jobs = work.left([(run,) for run in work.plan.runs], store)
    prepare_torch()
    records = [record for job in jobs for record in train_cohort(job)]
    assert len(records) == 18
    return {record.key: bits_of({kind: getattr(record, kind) for kind in KINDS}) for record in records}


@pytest.mark.fulldata
@pytest.mark.parametrize("workers", [1, 2])
def test_stacked(workers: int, folder: Path, alone: dict[str, Bits]) -> None:
    home = folder / f"workers-{workers}"
    Study.open(str(folder / "bits.yaml")).run(home, workers, quiet=True)
    assert stored(home, list(alone)) == alone


@pytest.mark.fulldata
def test_killed_three_times(folder: Path, alone: dict[str, Bits]) -> None:
    home, program = folder / "killed", Path(sys.executable).with_name("paribus")
    words = [program, "run", "bits.yaml", "--home", home, "--workers", "2"]
    counts = [0]
    for _ in range(3):
        driver = subprocess.Popen(
            words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        while driver.poll() is None and (not home.exists() or len(stored(home, list(alone))) <= counts[-1]):
            time.sleep(0.1)
        os.killpg(driver.pid, signal.SIGKILL)
        driver.wait()
        counts.append(len(stored(home, list(alone))))
    assert 0 < counts[1] < counts[2] < counts[3] < len(alone), counts
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert stored(home, list(alone)) == alone
