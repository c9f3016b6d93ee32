"""A model of the user's own, beside the study file or in Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from paribus import SpecError, Study

NETS = """\
from torch import nn
from sizes import hidden

def make(item_shape, num_outputs, *, width: int = 8, dropout: float = 0.0):
    channels, height, columns = item_shape
    pixels, units = channels * height * columns, hidden(width)
    return nn.Sequential(nn.Flatten(), nn.Linear(pixels, units), nn.BatchNorm1d(units), nn.ReLU(), nn.Dropout(dropout),
                         nn.Linear(units, num_outputs))

def wrong(item_shape, num_outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 3))

def raises(item_shape, num_outputs):
    raise KeyError("nothing")
"""
STUDY = """\
name: own
data: {{source: digits}}
baseline: {{model: {{kind: "nets:{0}"{1}}}, epochs: 2, l2: 0.001, keep: best}}
seeds: 2
factors:
  dropout: {{vary: model.dropout, levels: [0.0, 0.5]}}
  model: {{levels: {{own: {{}}, mlp: {{model: {{kind: mlp, width: 8}}}}}}}}
"""


@pytest.fixture
def own(folder: Path) -> Path:
    (folder / "nets.py").write_text(NETS)
    (folder / "sizes.py").write_text("def hidden(width): return 2 * width\n")
    (folder / "own.yaml").write_text(STUDY.format("make", ", width: 6"))
    return folder


def test_from_a_study_file(shell, own: Path) -> None:
    first = shell("run", "own.yaml")
    assert first.code == 0, first.err
    assert "own: 6 runs, 6 finished" in first.out
    parameters = 64 * 12 + 12 + 2 * 12 + 12 * 10 + 10
    assert f"{parameters}  2 of 2" in shell("plan", "own.yaml").out
    (own / "nets.py").write_text(NETS + "# changed\n")
    assert "2 of 2" in shell("plan", "own.yaml").out  # the MLP's
    assert "4 to train" in shell("plan", "own.yaml").out


@pytest.mark.parametrize(
    ("function", "options", "words"),
    [
        ("mak", "", ["nets has no function 'mak'", "Did you mean 'make'?"]),
        ("make", ", widht: 6", ["baseline.model.widht: is unknown here", "Did you mean 'width'?"]),
        ("make", ", width: six", ["baseline.model.width: must be a whole number, found 'six'"]),
        ("wrong", "", ["factors.dropout.levels[0]: model.dropout: is unknown here"]),
        ("raises", "", ["model.dropout: is unknown here"]),
    ],
)
def test_mistakes_are_told(shell, own: Path, function: str, options: str, words: list[str]) -> None:
    (own / "own.yaml").write_text(STUDY.format(function, options))
    done = shell("plan", "own.yaml")
    assert done.code == 2
    assert all(word in done.err for word in words), done.err


def small(item_shape, num_outputs, width: int = 6):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.Tanh(), nn.Dropout(0.2), nn.Linear(width, num_outputs))


def gives_three(item_shape, num_outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 3))


def test_from_python_and_loaded_again(tmp_path: Path) -> None:
    from paribus.data.sources.digits import digits

    baseline = {"model": {"kind": small, "width": 5}, "epochs": 2, "optimizer": {"kind": "adamw"}}
    results = []
    for workers in (1, 2):
        study = Study(name="python", data={"source": "digits"}, baseline=baseline, seeds=3)
        results.append(study.run(tmp_path / str(workers), workers=workers, quiet=True))
    one, two = ([run["metrics"] for run in result.summary["runs"]] for result in results)
    assert one == two
    assert len({metrics["test_loss"] for metrics in one}) == 3
    run = results[0].summary["runs"][1]
    predicted = results[0].load("baseline", run["seed"]).predict_proba(digits().x_test)
    np.testing.assert_array_equal(predicted, results[0]._store.predictions(run["key"])["test_probabilities"])


def test_training_equals_a_loop_of_pytorchs(tmp_path: Path) -> None:
    """One epoch of full batches: the same weights as the same module trained by hand."""
    from paribus.data.sources.digits import digits
    from paribus.spec.parts import call_part

    baseline = {"model": {"kind": linear}, "epochs": 3, "batch_size": 2000, "optimizer": {"kind": "sgd", "lr": 0.1}}
    data = {"source": "digits", "validation": 0, "scale": "none"}
    study = Study(name="loop", data=data, baseline=baseline, seeds=[4])
    trained = study.run(tmp_path, quiet=True).load("baseline")
    peer = call_part("model", study.recipe().model).build((8, 8), 10, 4)
    optimizer = torch.optim.SGD(peer.parameters(), lr=0.1)
    x, y = torch.from_numpy(digits().x_train).float().unsqueeze(1), torch.from_numpy(digits().y_train)
    for _ in range(3):
        optimizer.zero_grad()
        nn.functional.cross_entropy(peer(x), y).backward()
        optimizer.step()
    for name, value in peer.state_dict().items():
        torch.testing.assert_close(trained.network.module.state_dict()[name], value, rtol=1e-4, atol=1e-5)


def linear(item_shape, num_outputs):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, num_outputs))


def test_scores_of_another_number_are_refused(tmp_path: Path) -> None:
    study = Study(name="three", data={"source": "digits"}, baseline={"model": gives_three, "epochs": 1}, seeds=1)
    with pytest.raises(SpecError, match=r"gives \(2, 3\) for 2 items; asked is \(2, 10\)"):
        study.run(tmp_path, quiet=True)
    assert not (tmp_path / "paribus.db").exists()
