"""Network families, one file each. Importing this registers them and does not import torch."""

from paribus.models import alexnet, cnn, linear, mlp, residual_mlp, resnet
from paribus.models.blueprint import Blueprint, Conv, count_operations, count_parameters

__all__ = [
    "Blueprint",
    "Conv",
    "alexnet",
    "cnn",
    "count_operations",
    "count_parameters",
    "linear",
    "mlp",
    "residual_mlp",
    "resnet",
]
