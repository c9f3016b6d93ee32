"""The faster products are taken only where they are exact."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from paribus.training import precision


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    chosen = torch.get_float32_matmul_precision()
    yield
    torch.set_float32_matmul_precision(chosen)


def measured(monkeypatch: pytest.MonkeyPatch, error: float) -> None:
    """By the products that PyTorch makes by default, and by oneDNN's."""
    errors = {"highest": 4e-7, "medium": error}
    monkeypatch.setattr(precision, "product_error", lambda: errors[torch.get_float32_matmul_precision()])


@pytest.mark.parametrize(
    ("error", "name", "setting"),
    [
        (7e-7, "oneDNN fp32", "medium"),
        (3e-3, "default fp32", "highest"),
        (float("nan"), "default fp32", "highest"),
        (4e-7, "default fp32", "highest"),  # the same products
    ],
)
def test_the_measured_error_decides(error: float, name: str, setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    measured(monkeypatch, error)
    assert precision.choose_precision() == name
    assert torch.get_float32_matmul_precision() == setting


@pytest.mark.parametrize(("error", "name"), [(7e-7, "oneDNN fp32"), (3e-3, "oneDNN bf16")])
def test_half_precision_is_taken_where_it_is_asked_for(
    error: float, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(monkeypatch, error)
    assert precision.choose_precision(bf16=True) == name
    assert torch.get_float32_matmul_precision() == "medium"


def test_what_is_chosen_is_single_precision_on_this_machine() -> None:
    precision.choose_precision()
    assert 0 < precision.product_error() <= precision.TOLERANCE


@pytest.fixture
def not_measured() -> Iterator[None]:
    """Nothing was measured before, and what the test measures is forgotten."""
    precision._product_error.cache_clear()
    yield
    precision._product_error.cache_clear()


@pytest.mark.usefixtures("not_measured")
def test_the_error_of_half_precision_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = torch.bmm
    half = lambda a, b: exact(a.bfloat16(), b.bfloat16()).float() if a.dtype == torch.float32 else exact(a, b)  # noqa: E731
    monkeypatch.setattr(torch, "bmm", half)
    assert precision.product_error() > 100 * precision.TOLERANCE
