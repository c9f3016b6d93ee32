"""Fixtures of comparisons with other libraries."""

from __future__ import annotations

import pytest

from paribus import kernels


@pytest.fixture(params=["kernels", "torch"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """By kernels, as on a CPU, and by PyTorch's operations, as elsewhere."""
    if request.param == "torch":
        monkeypatch.setattr(kernels, "on_cpu", lambda tensor: False)
