"""Loops over arrays, compiled for the processor at hand: what would take PyTorch a dozen small operations a step.

Small networks spend most of a step between operations, not in them. Each kernel is one pass over the arrays, run by
run; it writes into arrays that it is given. Elsewhere than on a CPU the callers use PyTorch's operations instead.
Suffixes as in `paribus.models.layers`; K counts parameters, of which all runs' values lie in one block.
"""

from paribus.kernels.compiled import array, on_cpu
from paribus.kernels.cross_entropy import cross_entropy
from paribus.kernels.dropout import draw, dropout, relu_dropout_back
from paribus.kernels.gather import gather, gather_nonzero
from paribus.kernels.norm import normalize, normalize_back
from paribus.kernels.norm_pool import image_statistics, norm_pool, norm_pool_back, norm_pool_sums
from paribus.kernels.rows import add_rows, relu, relu_back, sum_rows
from paribus.kernels.sparse import Entries, combine, spread
from paribus.kernels.terms import sum_terms, weigh_terms
from paribus.kernels.updates import adam, adam_numbers, rmsprop, rmsprop_numbers, sgd, sgd_numbers, square_norms

__all__ = [
    "Entries",
    "adam",
    "adam_numbers",
    "add_rows",
    "array",
    "combine",
    "cross_entropy",
    "draw",
    "dropout",
    "gather",
    "gather_nonzero",
    "image_statistics",
    "norm_pool",
    "norm_pool_back",
    "norm_pool_sums",
    "normalize",
    "normalize_back",
    "on_cpu",
    "relu",
    "relu_back",
    "relu_dropout_back",
    "rmsprop",
    "rmsprop_numbers",
    "sgd",
    "sgd_numbers",
    "square_norms",
    "sum_rows",
    "sum_terms",
    "spread",
    "weigh_terms",
]
