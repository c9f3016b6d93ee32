"""Controlled experiments on neural-network design: paired seeds, honest verdicts.

Public names are imported when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from paribus.data.dataset import Dataset
    from paribus.errors import DataError, ParibusError, RunError, SpecError, StoreError
    from paribus.prediction.loading import load
    from paribus.results.result import Result
    from paribus.study import Study

if not os.environ.get("MKL_CBWR", "").endswith(",STRICT"):
    os.environ["MKL_CBWR"] = "AUTO,STRICT"
"""Equal factors give a product of equal bits, wherever they lie in memory: else, on processors without AVX-512, MKL
takes another way for a run in a stack than for the same run alone. MKL reads it once, at a process' first product."""

__version__ = "0.1.0"
__all__ = [
    "DataError",
    "Dataset",
    "ParibusError",
    "Result",
    "RunError",
    "SpecError",
    "StoreError",
    "Study",
    "load",
]

_HOMES = {
    "Dataset": "paribus.data.dataset",
    "Result": "paribus.results.result",
    "Study": "paribus.study",
    "load": "paribus.prediction.loading",
    **{name: "paribus.errors" for name in __all__ if name.endswith("Error")},
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'paribus' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
