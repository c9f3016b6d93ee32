"""Kernels against NumPy; what they do to a whole step is tested beside PyTorch and scikit-learn in `theory`."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from threading import Thread

import numpy as np
import pytest
from filelock import FileLock

from paribus import kernels
from paribus.kernels import compiled as module
from paribus.kernels.compiled import compiled

RNG = np.random.default_rng(0)


def test_random_bits_are_those_of_numpys_generator() -> None:
    streams = [np.random.SFC64(seed) for seed in (1, 2, 3)]
    states_M4 = np.stack([stream.state["state"]["state"] for stream in streams])
    for count in (1, 7, 100):
        out_MK = np.empty((3, count), np.uint64)
        kernels.draw(states_M4, out_MK)
        assert (out_MK == [stream.random_raw(count) for stream in streams]).all()
    assert (states_M4 == [stream.state["state"]["state"] for stream in streams]).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_gathered_rows_are_scaled_items_with_their_labels(dtype: type) -> None:
    x_NF, y_N = RNG.integers(0, 256, (50, 130)).astype(dtype), RNG.integers(0, 9, 50)
    rows_MN = np.stack([RNG.permutation(50) for _ in range(3)])
    shift_MF, factor_MF = RNG.normal(size=(2, 3, 130)).astype(np.float32)
    out_MBF, labels_MB = np.empty((3, 8, 130), np.float32), np.empty((3, 8), np.int64)
    rows_MB = rows_MN[:, 5:13]
    kernels.gather((x_NF, y_N), rows_MB, (shift_MF, factor_MF), (out_MBF, labels_MB))
    expected = (x_NF[rows_MB].astype(np.float32) - shift_MF[:, None]) * factor_MF[:, None]
    assert (out_MBF == expected).all()
    assert (labels_MB == y_N[rows_MB]).all()


def test_the_loss_of_diverged_scores_is_not_finite() -> None:
    for bad in (np.nan, np.inf):
        logits_MBC, y_MB = np.array([[[0, bad, 1]]], np.float32), np.array([[0]])
        totals_2M = np.zeros((2, 1), np.float32)
        out = np.empty_like(logits_MBC), totals_2M
        kernels.cross_entropy(logits_MBC, y_MB, np.ones((1, 3), np.float32), np.float32(0), out)
        assert not np.isfinite(totals_2M[0, 0])


def test_without_a_place_for_compiled_code_kernels_are_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose package folder and home cannot be written."""
    real = module.njit

    def njit(**options: object) -> object:
        if "cache" in options:
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    monkeypatch.setattr(module, "njit", njit)
    out_K = np.empty(3, np.float32)
    compiled(_double)(np.arange(3, dtype=np.float32), out_K)
    assert out_K.tolist() == [0, 2, 4]


def _double(x_K: np.ndarray, out_K: np.ndarray) -> None:
    for k in range(len(x_K)):
        out_K[k] = 2 * x_K[k]


def test_a_kernels_code_is_kept_by_one_process_at_a_time(tmp_path: Path) -> None:
    """Two that keep it at once could leave the code for one type under the other's name."""
    source = "def double(x_K, out_K):\n    for k in range(len(x_K)):\n        out_K[k] = 2 * x_K[k]\n"
    (tmp_path / "doubling.py").write_text(source)
    values = run_path(str(tmp_path / "doubling.py"))
    kernel, kept, out_K = compiled(values["double"]), tmp_path / "__pycache__", np.empty(3)
    thread = Thread(target=kernel, args=[np.arange(3.0), out_K])
    with FileLock(kept / module.LOCK):  # as another process has
        thread.start()
        thread.join(timeout=2)
        assert thread.is_alive()
        assert not list(kept.glob("*.nb?"))
    thread.join()
    assert out_K.tolist() == [0, 2, 4]
    assert len(list(kept.glob("*.nb?"))) == 2


def test_relu_lets_nan_through() -> None:
    x_K, out_MK = np.array([-1, np.nan, 2], np.float32), np.empty((1, 3), np.float32)
    kernels.relu(x_K, out_MK[0])
    np.testing.assert_array_equal(out_MK[0], [0, np.nan, 2])
    numbers = np.ones(1, np.float32), np.full(1, 2, np.float32)
    kernels.dropout(x_K[None], np.zeros((1, 3), np.int16), numbers, np.float32(0), out_MK)
    np.testing.assert_array_equal(out_MK[0], [0, np.nan, 4])
