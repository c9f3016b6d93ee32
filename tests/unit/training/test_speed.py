"""Rates are of what was computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from paribus.training import speed


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    chosen, threads = torch.get_float32_matmul_precision(), torch.get_num_threads()
    yield
    torch.set_float32_matmul_precision(chosen)
    torch.set_num_threads(threads)


def test_every_rate_is_of_as_much_as_was_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[float] = []

    def once(compute: Callable[[], object], operations: float) -> float:
        compute()
        counts.append(operations)
        return 1.0

    monkeypatch.setattr(speed, "_rate", once)
    speed.choose_precision(bf16=True)  # errors are measured once, and would be counted
    with FlopCounterMode(display=False) as counter:
        assert speed.measure() == {kind: {"fp32": 1.0, "bf16": 1.0} for kind in ("dense", "images")}
    assert counter.get_total_flops() == sum(counts)
