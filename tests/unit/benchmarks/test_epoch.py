"""The epoch that a peer repeats: its rows, and weights as Keras lays them out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.epoch import NAMES, study_of
from benchmarks.ours import arrays
from benchmarks.ours.epoch import epoch
from benchmarks.workloads import WORKLOADS
from paribus.models.blueprint import Dropout
from paribus.spec import StudySpec

pytestmark = pytest.mark.slow

ROWS = 200
SLOPE = 0.3
"""Of Keras' LeakyReLU."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """Of a small network of W3's kind on 160 images of one channel."""
    folder = tmp_path_factory.mktemp("epoch")
    arrays.write(folder, "fashion_mnist_mini", ROWS)
    study = study_of("W3", WORKLOADS["W3"], folder)
    study["baseline"]["model"] |= {"base_filters": 2, "blocks": 1, "dense_units": 5}
    study["data"] |= {"source": str(folder / "fashion_mnist_mini.npz"), "validation": 0.2}
    file = folder / "study.yaml"
    file.write_text(json.dumps(study), encoding="utf-8")
    return epoch(file)


def test_nothing_of_it_is_random_or_rounded() -> None:
    assert NAMES == ("W1", "W2", "W3", "W3a", "W4")
    for name in NAMES:
        recipe = StudySpec.model_validate(study_of(name, WORKLOADS[name], Path())).recipe()
        assert not any(isinstance(layer, Dropout) for layer in recipe.built()[0].features)
        assert (recipe.precision, recipe.epochs, recipe.data.fraction, recipe.augment) == ("fp32", 1, 1, None)


def test_every_training_row_comes_once(found: dict[str, np.ndarray]) -> None:
    assert len(set(found["rows"].tolist())) == len(found["rows"]) == pytest.approx(0.8 * ROWS, abs=2)


def test_weights_are_those_of_a_network_with_channels_last(found: dict[str, np.ndarray]) -> None:
    kernel, bias, scale, shift, mean, variance, *dense = (found[f"before/{number:03}"] for number in range(10))
    assert [kernel.shape, bias.shape] == [(3, 3, 1, 2), (2,)]
    assert [(v[0], v[1]) for v in (scale, shift, mean, variance)] == [(1, 1), (0, 0), (0, 0), (1, 1)]
    assert [array.shape for array in dense] == [(14 * 14 * 2, 5), (5,), (5, 10), (10,)]


def test_the_small_change_is_small_and_the_end_another(found: dict[str, np.ndarray]) -> None:
    for number in (0, 6, 8):  # the kernels
        name = f"after/{number:03}"
        assert np.abs(found[name] - found[f"before/{number:03}"]).max() > 1e-4
        assert 0 < np.abs(found[f"other_{name}"] - found[name]).max() < 1e-3
    np.testing.assert_allclose(found["other_probabilities"], found["probabilities"], atol=0.05)


def test_probabilities_are_those_of_the_weights_after(found: dict[str, np.ndarray], tmp_path: Path) -> None:
    """Computed again by PyTorch's functions, from the weights as they are laid out for Keras."""
    arrays.write(tmp_path, "fashion_mnist_mini", ROWS)
    with np.load(tmp_path / "fashion_mnist_mini.npz") as stored:
        x = torch.from_numpy(stored["x_test"]).float()[:, None] / 255
    kernel, bias, scale, shift, mean, variance, hidden, b1, head, b2 = (
        torch.from_numpy(found[f"after/{number:03}"]) for number in range(10)
    )
    x = torch.nn.functional.conv2d(x, kernel.permute(3, 2, 0, 1), bias, padding=1)
    x = torch.nn.functional.batch_norm(x, mean, variance, scale, shift, eps=1e-3)
    x = torch.nn.functional.leaky_relu(torch.nn.functional.max_pool2d(x, 2), SLOPE)
    x = torch.nn.functional.leaky_relu(x.permute(0, 2, 3, 1).flatten(1) @ hidden + b1, SLOPE)
    expected = torch.softmax(x @ head + b2, 1).numpy()
    np.testing.assert_allclose(found["probabilities"], expected, atol=1e-5)
