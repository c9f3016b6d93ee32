"""What workers find when they are forked: all that they need, and memory that stays one for all of them."""

import gc


def _prepare() -> None:
    gc.disable()  # nothing that is imported ends, and looking for what does takes a tenth of the time
    import numpy as np

    import paribus.execution.worker  # noqa: F401
    from paribus import kernels

    some = np.zeros(1, np.float32)
    kernels.relu(some, some)  # the first kernel takes Numba half a second, others little
    gc.collect()
    gc.enable()
    gc.freeze()  # or a collection in a worker would write to, and so copy, every page with an object


_prepare()
