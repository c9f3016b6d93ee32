"""The multi-layer perceptron with skip connections."""

from __future__ import annotations

from paribus.models.blueprint import (
    Activate,
    Activation,
    BatchNorm,
    Blueprint,
    Conventions,
    Dense,
    Depth,
    Dropout,
    Layer,
    Rate,
    Residual,
    Units,
)
from paribus.spec.parts import part


@part("model")
def residual_mlp(
    *,
    width: Units = 128,
    blocks: Depth = 3,
    activation: Activation = "relu",
    batch_norm: bool = True,
    dropout: Rate = 0.0,
    conventions: Conventions = "pytorch",
) -> Blueprint:
    """A dense layer, then blocks of dense, norm, activation, dense, norm plus a skip; dropout between blocks.

    Source: He et al. (2016), arXiv 1512.03385, figure 2, with dense layers for convolutions.
    """
    norm: tuple[Layer, ...] = (BatchNorm(),) if batch_norm else ()
    inner = (Dense(width), *norm, Activate(activation), Dense(width), *norm)
    layers: list[Layer] = [Dense(width), *norm, Activate(activation)]
    for number in range(blocks):
        layers += [Dropout(dropout)] if dropout and number else []
        layers += [Residual(inner), Activate(activation)]
    return Blueprint(tuple(layers), conventions)
