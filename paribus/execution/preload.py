"""What workers find when they are forked: all that they need, and memory that stays one for all of them."""

import gc

import numpy as np

import paribus.execution.worker  # noqa: F401
from paribus import kernels

_some = np.zeros(1, np.float32)
kernels.relu(_some, _some)  # the first kernel takes Numba half a second, others little
gc.collect()
gc.freeze()  # or a collection in a worker would write to, and so copy, every page with an object
