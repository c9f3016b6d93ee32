"""Loops over arrays, compiled for the processor at hand: what would take PyTorch a dozen small operations a step.

Small networks spend most of a step between operations, not in them. Each kernel is one pass over the arrays, run by
run; it writes into arrays that it is given. Elsewhere than on a CPU the callers use PyTorch's operations instead.
An optimizer's kernel is beside its rule, in `paribus.training.optimizers`. Suffixes as in `paribus.models.layers`.
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

__all__ = [
    "Entries",
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
    "sum_rows",
    "sum_terms",
    "spread",
    "weigh_terms",
]
