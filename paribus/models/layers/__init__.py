"""Layers that carry the run axis: M networks side by side, of which one alone is M = 1.

Tensor suffixes in this package: M run of a cohort, B row of a batch, F and G features in and out, C class, P parameter,
N row of the training part, V row held out, T epoch, S seed; of images also H height, W width and C channel.
"""

from paribus.models.layers.activation import LEAKY_SLOPE, VECTOR, Activate, Dropout, elementwise
from paribus.models.layers.chain import Pullback, chain
from paribus.models.layers.dense import TINY, Dense, products
from paribus.models.layers.norm import BatchNorm, normalize
from paribus.models.layers.residual import Residual
from paribus.models.layers.sparse import SparseRows
from paribus.models.layers.tape import stages

__all__ = [
    "LEAKY_SLOPE",
    "TINY",
    "VECTOR",
    "Activate",
    "BatchNorm",
    "Dense",
    "Dropout",
    "Pullback",
    "Residual",
    "SparseRows",
    "chain",
    "elementwise",
    "normalize",
    "products",
    "stages",
]
