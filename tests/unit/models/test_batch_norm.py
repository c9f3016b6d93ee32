"""Batch norm where it has little to go by; `tests/theory` compares it with PyTorch's."""

import numpy as np
import pytest
import torch

from paribus.models.blueprint import Framework
from paribus.models.layers import BatchNorm
from paribus.models.layers.tape import Tape


@pytest.mark.parametrize("on_tape", [True, False])
@pytest.mark.parametrize(
    ("conventions", "mean", "variance"),
    [("pytorch", [0.0, 0.0], [1.0, 1.0]), ("keras", [0.1, -0.1], [0.99, 0.99])],
)
def test_a_single_row_has_no_unbiased_variance_so_it_leaves_the_running_statistics_alone(
    conventions: Framework, mean: list[float], variance: list[float], on_tape: bool
) -> None:
    """Keras' variance is biased, and that of a row 0: a hundredth of it, and of the row, goes into the statistics."""
    norm, row = BatchNorm(1, 2, conventions), torch.tensor([[[10.0, -10.0]]])
    norm.weight.grad, norm.bias.grad = torch.zeros_like(norm.weight), torch.zeros_like(norm.bias)
    with torch.no_grad():
        if on_tape:
            tape = Tape()
            norm.add_to(tape, (row, torch.zeros_like(row)))
            for call in tape.forward:
                call()
        else:
            norm.vjp(row)
    np.testing.assert_allclose(norm.running_mean[0, 0], mean, rtol=1e-6)
    np.testing.assert_allclose(norm.running_var[0, 0], variance, rtol=1e-6)
