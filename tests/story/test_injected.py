"""Whatever cannot be written, and wherever the program is killed: the next one comes to what it would have come to."""

import re
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from injection import FINE, KILLED, LETTER, Points, in_child
from torture import arrays, wrong

import paribus.running.work
from paribus import Study
from paribus.store import Store

SETTINGS = {
    "name": "injected",
    "data": {"source": "digits", "fraction": 0.2},
    "baseline": {"model": {"kind": "mlp", "width": 4, "depth": 1}, "epochs": 2, "batch_size": 128},
    "seeds": 2,
}


def run(home: Path) -> Any:
    """All of the study, in this process, with a checkpoint after every epoch."""
    torch.set_num_threads(1)
    paribus.running.work.Job = partial(paribus.running.work.Job, checkpoint_s=0.0)  # type: ignore[misc]
    return Study.model_validate(SETTINGS).run(home, workers=0, quiet=True)


def summary(home: Path) -> str:
    """What is told of the study, without times."""
    from paribus.results.result import Result

    return re.sub(r"'seconds': [0-9.e-]+", "", str(Result(Store(home), "injected").summary))


def left(home: Path) -> list[Path]:
    return [*home.rglob(".writing-*"), *home.glob("running/*"), *home.glob("checkpoints/*")]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("undisturbed") / "home"
    assert in_child(lambda: run(home))[0] == FINE
    return home


@pytest.mark.parametrize("step", [23, pytest.param(1, marks=pytest.mark.torture)], ids=["some points", "every point"])
@pytest.mark.parametrize("kill", [False, True], ids=["disk full", "killed"])
def test_every_point_is_survived(tmp_path: Path, undisturbed: Path, kill: bool, step: int) -> None:
    truth, told, home = arrays(undisturbed), summary(undisturbed), tmp_path / "home"
    failing, passed, faults = 1, [""], []
    while True:
        code, passed = in_child(lambda: run(home), Points(tmp_path, failing, kill))
        if code == FINE and len(passed) < failing:
            break
        again, _ = in_child(lambda: run(home))
        right = code in ((KILLED,) if kill else (FINE, LETTER)) and again == FINE
        if not (right and not wrong(truth, arrays(home)) and summary(home) == told and not left(home)):
            faults.append((failing, code, again, passed[-1:], left(home)))
        shutil.rmtree(home)
        failing += step
    print(f"{failing // step} of {len(passed)} points, {'killed' if kill else 'disk full'}: {sorted(set(passed))}")
    assert not faults
    assert len(passed) > 60
    assert {"open", "os.rename", "fsync", "commit", "serialize_file", "savez", "write_table"} <= set(passed)
    assert len(truth) > 20
