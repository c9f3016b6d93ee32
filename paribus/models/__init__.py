"""Network families, one file each. Importing this registers them and does not import torch."""

from paribus.models import alexnet, cnn, linear, mlp, own, residual_mlp, resnet
from paribus.models.blueprint import Blueprint

__all__ = [
    "Blueprint",
    "alexnet",
    "cnn",
    "linear",
    "mlp",
    "own",
    "residual_mlp",
    "resnet",
]
