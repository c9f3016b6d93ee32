"""`make test-avx2` is what it says: every library computes with the instructions of a processor without AVX-512.

NumPy and SciPy are left as they are: no training goes through them. MKL obeys its variable on Intel's processors alone,
and says so there; for AMD's it has one code, which is as fast with AVX-512 as without.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(os.environ.get("ATEN_CPU_CAPABILITY") != "avx2", reason="asked by `make test-avx2`")

PRODUCTS = """
import torch
torch.set_float32_matmul_precision("medium")  # as training does
for size in (8, 256):
    x = torch.ones(size, size, requires_grad=True)
    (x @ x).sum().backward()
torch.nn.functional.conv2d(torch.ones(2, 8, 8, 8), torch.ones(8, 8, 3, 3))
torch.set_float32_matmul_precision("highest")
x @ x
"""


@pytest.fixture(scope="module")
def log() -> str:
    """What oneDNN and MKL say of products and a convolution, in a process of its own."""
    told = {**os.environ, "ONEDNN_VERBOSE": "1", "MKL_VERBOSE": "1"}
    return subprocess.run([sys.executable, "-c", PRODUCTS], env=told, capture_output=True, text=True, check=True).stdout


def test_pytorch_obeys() -> None:
    import torch

    assert torch.backends.cpu.get_cpu_capability() == "AVX2"


def test_onednn_obeys(log: str) -> None:
    told = [line for line in log.splitlines() if line.startswith("onednn_verbose")]
    assert [line for line in told if ",cpu,isa:Intel AVX2" in line]
    assert [line for line in told if ",exec,cpu,convolution," in line]
    assert not [line for line in told if "avx512" in line or "AVX-512" in line or "amx" in line]


def test_mkl_obeys(log: str) -> None:
    told = [line for line in log.splitlines() if line.startswith("MKL_VERBOSE")]
    assert [line for line in told if "SGEMM" in line]
    assert not [line for line in told if "AVX-512" in line or "AVX512" in line or "AMX" in line]


def test_numba_obeys() -> None:
    """Neither new machine code nor what is kept on disk, whose list has name and features of the processor."""
    from numba import njit
    from numba.core.registry import cpu_target

    from paribus import kernels

    kept: Any = kernels.relu
    kernel, x = njit(kept.py_func), np.ones(100, np.float32)
    kernel(x, x)
    (code,) = kernel.inspect_asm().values()
    assert "zmm" not in code
    assert "ymm" in code
    codegen = cpu_target.target_context.codegen()
    assert codegen.magic_tuple()[1:] == ("haswell", "")
    assert codegen.magic_tuple() in kept._cache._index_key((), codegen)
