"""A product has the same bits wherever its factors lie; a process in which that is not so says it when it loads."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from paribus.execution.worker import prepare_torch
from paribus.training.precision import products_repeat

LIKE_AVX2 = {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
BEFORE = "import torch; torch.bmm(torch.ones(1, 100, 100), torch.ones(1, 100, 100))\n"
ASK = """
import warnings
from paribus.training.precision import products_repeat, warn_unless_products_repeat
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    warn_unless_products_repeat()
print(products_repeat(), len(told), *[warning.message for warning in told])
"""


@pytest.mark.parametrize("precision", ["medium", "highest"])
def test_products_repeat(precision: str) -> None:
    prepare_torch()
    torch.set_float32_matmul_precision(precision)
    assert products_repeat()


def told(program: str, **variables: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "MKL_CBWR"} | LIKE_AVX2 | variables
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.slow
def test_paribus_asks_for_it_before_the_first_product() -> None:
    assert told("import torch\nimport paribus" + ASK).startswith("True 0")
    assert told("import torch\nimport paribus" + ASK, MKL_CBWR="AVX2").startswith("True 0")


@pytest.mark.skipif(not torch.backends.mkl.is_available(), reason="PyTorch multiplies without MKL here")
def test_who_multiplied_before_is_told() -> None:
    assert "False 1 This process multiplied matrices before paribus was imported" in told(BEFORE + ASK)
