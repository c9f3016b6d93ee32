"""How a loop becomes a kernel, and where it can run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, ParamSpec

import numpy as np
import torch
from numba import njit
from numba.extending import intrinsic
from torch import Tensor

Arguments = ParamSpec("Arguments")
LOCK = ".paribus-kernels.lock"


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
        kernel = njit(cache=True, error_model="numpy", **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        return njit(error_model="numpy", **options)(function)
    _lock_cache_writes(kernel)
    return kernel


def _lock_cache_writes(kernel: Any) -> None:
    """Serialize writes to Numba's disk cache; without a lock it can store code under another signature.

    What cannot be stored is compiled again by the next process.
    """
    cache = getattr(kernel, "_cache", None)
    if cache is None:  # numba may call it something else one day
        return
    save = cache.save_overload

    def save_alone(signature: Any, code: Any) -> None:
        from filelock import FileLock  # late, as most processes find all code there

        with suppress(OSError, NotImplementedError), FileLock(Path(cache.cache_path) / LOCK, timeout=10):
            save(signature, code)

    cache.save_overload = save_alone


def inlined(function: Callable[Arguments, Any]) -> Any:
    """A function for kernels to call; its `py_func` is for anything else."""
    return njit(function)


def instructions(function: Callable[..., Any]) -> Any:
    """A function for kernels that is written in LLVM's instructions; see Numba's `intrinsic`."""
    return intrinsic(function)


def array(tensor: Tensor) -> np.ndarray:
    """The same memory for kernels; bfloat16 as its 16 bits, see `bfloat16`."""
    tensor = tensor.detach()
    return (tensor.view(torch.uint16) if tensor.dtype == torch.bfloat16 else tensor).numpy()


def on_cpu(tensor: Tensor) -> bool:
    """Whether kernels can take the tensor; elsewhere their callers use PyTorch's operations."""
    return tensor.is_cpu
