"""Random changes of training images, a whole batch at once, each item its own."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from paribus.spec.recipe import Augmentation

_DRAWS = 9
"""Numbers drawn for every item whatever is asked for, so that one option does not change what another draws."""


def augment(
    x_MBF: Tensor,
    planes: tuple[int, int, int],
    options: Augmentation,
    streams: Sequence[np.random.Generator],
    ends: tuple[float, float],
) -> Tensor:
    """Change each image by its own random numbers.

    Args:
        x_MBF: unscaled images, float32, shape (run, row, channel * height * width).
        planes: channel, height and width.
        options: how much of what; what an image is moved away from is 0.
        streams: one per run.
        ends: the least and the largest value that pixels of the data have.

    Returns:
        The changed images, shape unchanged.

    Source: DeVries & Taylor (2017), arXiv 1708.04552, section 3.2, for cutout; its squares may stick out.
    """
    rows = x_MBF.shape[1]
    draws_MDB = np.stack([rng.random((_DRAWS, rows)) for rng in streams])
    flip, angle, right, down, zoom, light, contrast, column, row = np.moveaxis(draws_MDB, 1, 0)
    x = x_MBF.reshape(-1, *planes)
    if options.flip:
        x = torch.where(_items(flip < 0.5, x), x.flip(3), x)
    if options.rotation or options.shift or options.zoom:
        moves_4N = np.stack([angle, right, down, zoom]).reshape(4, -1)
        x = functional.grid_sample(x, _grid(moves_4N, options, planes).to(x.device), align_corners=False)
    if options.contrast:
        mean = x.flatten(1).mean(1).view(-1, 1, 1, 1)
        x = (x - mean) * _items(1 + options.contrast * (2 * contrast - 1), x) + mean
    if options.brightness:
        x = x + _items((ends[1] - ends[0]) * options.brightness * (2 * light - 1), x)
    if options.contrast or options.brightness:
        x = x.clamp(*ends)
    if options.cutout:
        x = x * _cutout(row.ravel(), column.ravel(), options.cutout, planes).to(x.device)
    return x.reshape(x_MBF.shape)


def _items(values: np.ndarray, x: Tensor) -> Tensor:
    """One number per item, ready to be broadcast over its pixels."""
    kind = torch.bool if values.dtype == bool else torch.float32
    return torch.from_numpy(values.ravel()).to(x.device, kind).view(-1, 1, 1, 1)


def _grid(moves_4N: np.ndarray, options: Augmentation, planes: tuple[int, int, int]) -> Tensor:
    """Where each output pixel comes from, in halves of the image from its centre, shape (item, height, width, 2)."""
    angle, right, down, zoom = 2 * moves_4N - 1
    _, height, width = planes
    turn = math.radians(options.rotation) * angle
    size = 1 / (1 + options.zoom * zoom)
    y = ((np.arange(height) + 0.5) * 2 / height - 1)[None, :, None] - 2 * options.shift * down[:, None, None]
    x = ((np.arange(width) + 0.5) * 2 / width - 1)[None, None, :] - 2 * options.shift * right[:, None, None]
    cos, sin, size = (values[:, None, None] for values in (np.cos(turn), np.sin(turn), size))
    ratio = height / width
    source_x, source_y = size * (cos * x + sin * ratio * y), size * (cos * y - sin / ratio * x)
    return torch.from_numpy(np.stack(np.broadcast_arrays(source_x, source_y), axis=3).astype(np.float32))


def _cutout(row: np.ndarray, column: np.ndarray, share: float, planes: tuple[int, int, int]) -> Tensor:
    """0 within a square around each item's centre, 1 elsewhere, shape (item, 1, height, width)."""
    _, height, width = planes
    half = share * min(height, width) / 2
    near_y = np.abs(np.arange(height) + 0.5 - height * row[:, None]) < half
    near_x = np.abs(np.arange(width) + 0.5 - width * column[:, None]) < half
    return torch.from_numpy(~(near_y[:, None, :, None] & near_x[:, None, None, :])).to(torch.float32)
