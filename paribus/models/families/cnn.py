"""A plain convolutional network."""

from __future__ import annotations

from paribus.models.blueprint import (
    Activate,
    Activation,
    BatchNorm,
    Blueprint,
    Conv,
    Conventions,
    Dense,
    Dropout,
    Flatten,
    Halvings,
    KernelSize,
    Layer,
    MaxPool,
    Rate,
    Units,
)
from paribus.spec.parts import part


@part("model")
def cnn(
    *,
    base_filters: Units = 32,
    blocks: Halvings = 3,
    kernel_size: KernelSize = 3,
    dense_units: Units = 128,
    activation: Activation = "leaky_relu",
    batch_norm: bool = True,
    dropout: Rate = 0.5,
    conventions: Conventions = "pytorch",
) -> Blueprint:
    """Blocks of convolution, batch norm, max pool, activation, each with twice the filters; a dense layer; dropout.

    `dropout` stands before the head; blocks drop half as much. Pooling precedes the activation, which changes nothing
    for one that never falls, and leaves it a quarter of the work.
    """
    layers: list[Layer] = []
    for block in range(blocks):
        layers.append(Conv(base_filters * 2**block, kernel_size))
        layers += [BatchNorm()] if batch_norm else []
        pooled: list[Layer] = [MaxPool(), Activate(activation)]
        layers += pooled if activation != "gelu" else reversed(pooled)
        layers += [Dropout(dropout / 2)] if dropout else []
    layers += [Flatten(), Dense(dense_units), Activate(activation)]
    layers += [Dropout(dropout)] if dropout else []
    return Blueprint(tuple(layers), conventions, images=True)
