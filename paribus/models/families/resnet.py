"""A compact residual network for images."""

from __future__ import annotations

from paribus.models.blueprint import (
    Activate,
    BatchNorm,
    Blueprint,
    Conv,
    Conventions,
    Depth,
    GlobalAveragePool,
    Halvings,
    Layer,
    Residual,
    Units,
)
from paribus.spec.parts import part


@part("model")
def resnet(
    *, base_filters: Units = 16, stages: Halvings = 3, blocks: Depth = 1, conventions: Conventions = "pytorch"
) -> Blueprint:
    """Stages of residual blocks, each stage with twice the filters on half the size; then the mean of each channel.

    `base_filters: 16, stages: 3, blocks: 3` is ResNet-20.

    Source: He et al. (2016), arXiv 1512.03385, section 4.2. Differs: shortcuts between stages are 1 x 1 convolutions.
    """
    act = Activate("relu")
    layers: list[Layer] = [Conv(base_filters, 3), BatchNorm(), act]
    for stage in range(stages):
        filters = base_filters * 2**stage
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            inner = (Conv(filters, 3, stride), BatchNorm(), act, Conv(filters, 3), BatchNorm())
            shortcut = (Conv(filters, 1, stride), BatchNorm()) if stride == 2 else ()
            layers += [Residual(inner, shortcut), act]
    return Blueprint((*layers, GlobalAveragePool()), conventions, images=True)
