"""What is damaged is noticed, set aside and trained again; what it comes to are the bits of training undisturbed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from paribus import Study
from paribus.execution.worker import prepare_torch
from paribus.running.work import lay_out, plan_with_data
from paribus.store import Store
from paribus.training.cohort import train_cohort
from paribus.user_code import Origin


def study(epochs: int = 2) -> Study:
    baseline = {"model": {"kind": "mlp", "width": 16}, "epochs": epochs, "batch_size": 256}
    return Study(name="damage", data={"source": "digits"}, baseline=baseline, seeds=3)


def train(asked: Study, home: Path) -> tuple[list[str], int]:
    """Run a study in this process; the keys of its runs, and how many of them were trained."""
    prepare_torch()
    store = Store(home)
    work = lay_out(plan_with_data(asked, Origin()), store, None)
    records = [record for job in work.begin(store) for record in train_cohort(job)]
    for record in records:
        store.save_run(record)
    return [run.key for run in work.plan.runs], len(records)


def bits(home: Path, keys: list[str]) -> dict[str, np.ndarray]:
    """All that three runs came to, but their times."""
    store, found = Store(home), {}
    for key in keys:
        assert store.runs([key])[key].status == "finished"
        for read in (store.weights, store.predictions, store.history):
            found |= {f"{key} {name}": value for name, value in read(key).items()}
    return found


def assert_same(home: Path, other: Path, keys: list[str]) -> None:
    ours, theirs = bits(home, keys), bits(other, keys)
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-50])


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which two and five epochs were trained."""
    home = tmp_path_factory.mktemp("undisturbed")
    for epochs in (2, 5):
        train(study(epochs), home)
    return home


@pytest.mark.parametrize("harm", [flip, cut, Path.unlink])
@pytest.mark.parametrize("name", ["weights.safetensors", "state.safetensors", "history.parquet"])
def test_nothing_goes_on_from_a_damaged_run(
    tmp_path: Path, undisturbed: Path, capsys: pytest.CaptureFixture[str], name: str, harm: Callable[[Path], None]
) -> None:
    short, _ = train(study(2), tmp_path)
    harm(Store(tmp_path).folder(short[0]) / name)
    keys, trained = train(study(5), tmp_path)
    assert trained == 3
    assert_same(tmp_path, undisturbed, keys)
    (aside,) = (tmp_path / "damaged").iterdir()
    assert aside.name == f"{short[0]}-1"
    assert f"{name} is " in (told := capsys.readouterr().err)
    assert f"Its run was set aside in {aside}." in told
    assert train(study(2), tmp_path)[1] == 1  # the one that was set aside
    assert_same(tmp_path, undisturbed, short)
