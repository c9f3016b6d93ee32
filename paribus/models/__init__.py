"""Network families, one file each. Importing this registers them and does not import torch."""

from paribus.models import linear, mlp
from paribus.models.blueprint import Blueprint, count_parameters

__all__ = ["Blueprint", "count_parameters", "linear", "mlp"]
