"""Random changes of images against the same changes made by NumPy, where those are exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from paribus.data.augmentation import augment
from paribus.planning import stream
from paribus.spec.recipe import Augmentation

PLANES = (2, 8, 8)


class Given:
    """A stream whose numbers are known: the same for every item."""

    def __init__(self, **numbers: float) -> None:
        names = ["flip", "angle", "right", "down", "zoom", "light", "contrast", "column", "row"]
        self.numbers = np.array([numbers.get(name, 0.5) for name in names])

    def random(self, shape: tuple[int, int]) -> np.ndarray:
        return np.broadcast_to(self.numbers[:, None], shape)


def images(items: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (items, *PLANES)).astype(np.float32)


def changed(x: np.ndarray, rng: Any, ends: tuple[float, float] = (0.0, 255.0), **options: Any) -> np.ndarray:
    flat = torch.from_numpy(x.reshape(1, len(x), -1))
    return augment(flat, PLANES, Augmentation(**options), [rng], ends).numpy().reshape(x.shape)


def shifted(x: np.ndarray, down: int, right: int) -> np.ndarray:
    out = np.zeros_like(x)
    out[:, :, max(down, 0) : 8 + min(down, 0), max(right, 0) : 8 + min(right, 0)] = x[
        :, :, max(-down, 0) : 8 + min(-down, 0), max(-right, 0) : 8 + min(-right, 0)
    ]
    return out


def test_flip() -> None:
    x = images()
    np.testing.assert_array_equal(changed(x, Given(flip=0.4), flip=True), x[:, :, :, ::-1])
    np.testing.assert_array_equal(changed(x, Given(flip=0.6), flip=True), x)


@pytest.mark.parametrize(("down", "right"), [(2, 0), (0, -2), (-1, 1)])
def test_shift_by_whole_pixels(down: int, right: int) -> None:
    """A number of 1 is a shift by all of `shift`, down or to the right; 0.5 is none."""
    x, rng = images(), Given(down=0.5 + down / 4, right=0.5 + right / 4)
    np.testing.assert_allclose(changed(x, rng, shift=2 / 8), shifted(x, down, right), atol=1e-3)


@pytest.mark.parametrize(("angle", "turns"), [(1.0, -1), (0.0, 1), (0.5, 0)])
def test_rotation_by_right_angles(angle: float, turns: int) -> None:
    """A number of 1 is a turn by all of `rotation`, clockwise; NumPy counts against the clock."""
    x = images()
    expected = np.rot90(x, turns, axes=(2, 3))
    np.testing.assert_allclose(changed(x, Given(angle=angle), rotation=90), expected, atol=1e-3)


def test_zoom_keeps_the_centre_and_grows_areas() -> None:
    """A number of 1 is growth by all of `zoom`: by half, so areas grow 2.25-fold."""
    x = np.zeros((1, *PLANES), np.float32)
    x[:, :, 2:6, 2:6] = 100
    grown = changed(x, Given(zoom=1.0), zoom=0.5)
    assert grown.sum() == pytest.approx(x.sum() * 1.5**2, rel=0.05)
    np.testing.assert_allclose(grown, grown[:, :, ::-1, ::-1], atol=1e-3)


def test_brightness_and_contrast_in_closed_form() -> None:
    x = images()
    lighter = changed(x, Given(light=1.0), brightness=0.2)
    np.testing.assert_allclose(lighter, np.clip(x + 51, 0, 255), atol=1e-3)
    mean = x.mean((1, 2, 3), keepdims=True)
    flatter = changed(x, Given(contrast=0.0), contrast=0.4)
    np.testing.assert_allclose(flatter, (x - mean) * 0.6 + mean, atol=1e-3)


@pytest.mark.parametrize("ends", [(0.0, 16.0), (-1.0, 1.0), (0.0, 255.0)])
def test_brightness_is_a_share_of_the_range_of_the_data(ends: tuple[float, float]) -> None:
    low, high = ends
    x = (low + (high - low) * images() / 255).astype(np.float32)
    darker = changed(x, Given(light=0.0), ends, brightness=0.1)
    np.testing.assert_allclose(darker, np.clip(x - 0.1 * (high - low), low, high), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(changed(x, Given(contrast=0.5), ends, contrast=0.4), x, rtol=1e-5, atol=1e-5)


def test_cutout_blackens_a_square_in_all_channels() -> None:
    x = np.ones((2, *PLANES), np.float32)
    out = changed(x, Given(row=0.5, column=0.25), cutout=0.5)
    expected = x.copy()
    expected[:, :, 2:6, 0:4] = 0
    np.testing.assert_array_equal(out, expected)


def test_items_differ_and_the_same_stream_gives_the_same_images() -> None:
    x = np.repeat(images(1), 50, axis=0)
    options = {"rotation": 30, "shift": 0.1, "zoom": 0.1, "brightness": 0.1, "contrast": 0.1, "cutout": 0.3}
    first, again = (changed(x, stream(1, "augment", 0), **options) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert len(np.unique(first.reshape(50, -1), axis=0)) == 50
    assert not np.array_equal(first, changed(x, stream(2, "augment", 0), **options))


def test_one_option_does_not_change_what_another_draws() -> None:
    x = images(20) / 2 + 60  # no pixel is black, even after the change of brightness
    cut = changed(x, stream(1, "augment", 0), cutout=0.5) == 0
    both = changed(x, stream(1, "augment", 0), cutout=0.5, brightness=0.1) == 0
    assert cut.any()
    np.testing.assert_array_equal(both, cut)
