"""What a penalty adds to the losses of an epoch: that of the weights that the epoch ends with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from paribus import Study

LAYERS = [{"dense": {"units": 6, "l1": 0.02, "l2": 0.005}}, "relu", {"dense": 5}, "tanh"]


def trained(home: Path, **baseline: Any) -> Any:
    return Study(
        name="a",
        data={"source": "digits", "fraction": 0.2},
        baseline={"model": {"kind": "sequential", "layers": LAYERS}, "epochs": 2, **baseline},
        seeds=2,
    ).run(home, quiet=True)


def test_it_is_that_of_pytorch_for_the_weights_that_are_kept(tmp_path: Path) -> None:
    result = trained(tmp_path, l2=0.01)
    for seed in (0, 1):
        weights = result.load("baseline", seed).network.state_of(0)
        kernels = [weight.double() for name, weight in weights.items() if name.endswith("weight")]
        assert len(kernels) == 3
        expected = 0.01 * sum(nn.functional.mse_loss(w, torch.zeros_like(w), reduction="sum") for w in kernels)
        expected = (
            expected
            + 0.005 * kernels[0].norm() ** 2
            + 0.02 * nn.functional.l1_loss(kernels[0], torch.zeros_like(kernels[0]), reduction="sum")
        )
        history = result.history.query("seed == @seed")
        assert history["penalty"].iloc[-1] == pytest.approx(float(expected), rel=1e-6)
        assert history["penalty"].notna().all()


def test_without_a_penalty_there_is_no_such_column(tmp_path: Path) -> None:
    model = {"kind": "mlp", "width": 4}
    assert "penalty" not in trained(tmp_path, model=model).history
    studies = trained(tmp_path, model=model, l2=0.01)
    assert np.isfinite(studies.history["penalty"]).all()


def test_a_run_that_goes_on_knows_what_it_was(tmp_path: Path) -> None:
    first, second = trained(tmp_path, l2=0.01), trained(tmp_path, l2=0.01, epochs=4)
    before = first.history["penalty"].to_numpy()
    after = second.history.query("epoch <= 2")["penalty"].to_numpy()
    np.testing.assert_array_equal(before, after)
