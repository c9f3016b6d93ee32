"""AlexNet for small images."""

from __future__ import annotations

from paribus.models.blueprint import (
    Activate,
    Activation,
    Blueprint,
    Conv,
    Conventions,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LocalResponseNorm,
    MaxPool,
    Rate,
    Units,
)
from paribus.spec.parts import part


@part("model")
def alexnet(
    *,
    dense_units: Units = 512,
    activation: Activation = "relu",
    dropout: Rate = 0.5,
    conventions: Conventions = "pytorch",
) -> Blueprint:
    """Five 3 x 3 convolutions of 96, 256, 384, 384 and 256 filters, and two dense layers with dropout.

    Local response normalization and pooling follow the first two, overlapping pooling (2, stride 1) the last.

    Source: Krizhevsky et al. (2012), section 3, with kernels and strides for images of about 32 x 32.
    """
    act, norm = Activate(activation), LocalResponseNorm()
    layers: list[Layer] = [Conv(96, 3), act, norm, MaxPool()]
    layers += [Conv(256, 3), act, norm, MaxPool()]
    layers += [Conv(384, 3), act, Conv(384, 3), act, Conv(256, 3), act, MaxPool(2, 1), Flatten()]
    for _ in range(2):
        layers += [Dense(dense_units), act]
        layers += [Dropout(dropout)] if dropout else []
    return Blueprint(tuple(layers), conventions, images=True)
