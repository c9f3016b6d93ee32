"""How a loop becomes a kernel, and where it can run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ParamSpec

import numpy as np
import torch
from numba import njit
from torch import Tensor

Arguments = ParamSpec("Arguments")


def compiled(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """Compile when it is first called, and keep the code on disk if there is a place for it.

    Sums stay in the order in which they are written and division by zero is IEEE's, so that a run has the same bits
    whatever others there are.
    """
    return _compiled(function, {})


def compiled_sum(function: Callable[Arguments, None]) -> Callable[Arguments, None]:
    """The same for a sum of one run alone, whose order is the compiler's choice."""
    return _compiled(function, {"fastmath": {"reassoc"}})


def _compiled(function: Callable[Arguments, None], options: Mapping[str, Any]) -> Callable[Arguments, None]:
    try:
        return njit(cache=True, error_model="numpy", **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        return njit(error_model="numpy", **options)(function)


def inlined(function: Callable[Arguments, Any]) -> Any:
    """A function for kernels to call; its `py_func` is for anything else."""
    return njit(function)


def array(tensor: Tensor) -> np.ndarray:
    """The same memory for kernels; bfloat16 as its 16 bits, see `bfloat16`."""
    tensor = tensor.detach()
    return (tensor.view(torch.uint16) if tensor.dtype == torch.bfloat16 else tensor).numpy()


def on_cpu(tensor: Tensor) -> bool:
    """Whether kernels can take the tensor; elsewhere their callers use PyTorch's operations."""
    return tensor.is_cpu
