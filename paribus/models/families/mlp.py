"""The multi-layer perceptron."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from paribus.models.blueprint import (
    Activate,
    Activation,
    BatchNorm,
    Blueprint,
    Dense,
    Depth,
    Dropout,
    Framework,
    Layer,
    Rate,
    Units,
)
from paribus.spec.parts import part

Sizes = Annotated[tuple[Units, ...], Field(strict=False, min_length=1, max_length=1_000)]


@part("model")
def mlp(
    *,
    width: Units = 128,
    depth: Depth = 2,
    sizes: Sizes | None = None,
    activation: Activation = "relu",
    batch_norm: bool = False,
    dropout: Rate = 0.0,
    conventions: Framework = "pytorch",
) -> Blueprint:
    """Hidden layers of dense, batch norm, activation, dropout: `depth` of `width` units, or one a number in `sizes`.

    `conventions` chooses a framework's defaults where they differ. PyTorch: weights and biases uniform within
    1 / sqrt(fan_in), batch norm with momentum 0.1 and epsilon 1e-5, leaky slope 0.01. Keras: Glorot's uniform weights,
    biases 0, batch norm with momentum 0.99 (0.01 of the new) and epsilon 1e-3, leaky slope 0.3.
    scikit-learn (`sklearn`): weights and biases uniform within Glorot's bound, sqrt(6 / (fan_in + fan_out)), with 2 for
    6 if the activation is sigmoid; the rest as PyTorch.
    """
    layers: list[Layer] = []
    for units in sizes or (width,) * depth:
        layers.append(Dense(units))
        layers += [BatchNorm()] if batch_norm else []
        layers.append(Activate(activation))
        layers += [Dropout(dropout)] if dropout else []
    return Blueprint(tuple(layers), conventions)
