"""Near duplicates: images that show the same up to brightness, contrast and a little noise."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from paribus.data.dataset import Dataset
from paribus.data.sampling import rows_of
from paribus.spec import Preparation

_SIDE = 8  # of the pooled image
_POOLED, _FULL = 0.995, 0.99  # least correlation of two near duplicates, pooled and pixel by pixel
_BLOCK = 512
_VALIDATION = 0.2  # share of the training rows held out to see whether a split leaks


def is_images(dataset: Dataset) -> bool:
    """Whether the items have shape (height, width) or (channel, height, width), with 1 or 3 channels."""
    shape = dataset.item_shape
    return len(shape) == 2 or (len(shape) == 3 and shape[0] in (1, 3))


def near_duplicates(dataset: Dataset) -> dict[str, int] | None:
    """Count images that have a near duplicate, exact ones included; 60,000 take some seconds.

    Two images are near duplicates if their pixels correlate by 0.99 or more. Compared with each image is only the one
    training image whose 8 x 8 average-pooled copy correlates most, if that is 0.995 or more.

    It sees changes of brightness, contrast and fine noise. It misses copies that were shifted by a pixel, turned,
    mirrored or cropped: in CIFAR-10 it finds 4 test images with a near copy in training where Barz and Denzler saw
    3.3 % of the 10,000. Simple shapes can be alike without a common origin: 68 test images of Fashion-MNIST, half
    of them trousers, but none of MNIST. An image of one single colour has no near duplicate.

    Returns:
        `train` and `test`, images with a near duplicate in the same part; `overlap`, test images with one in training;
        `validation`, of the `validation_rows` training rows that seed 0 holds out where a study asks for 20 %, those
        with one among the other training rows. None if the items are no images.

    Source: own rule, its limits measured on the sets named; Barz and Denzler (2020), "Do we train on test data?",
        arXiv 1902.00423.
    """
    if not is_images(dataset):
        return None
    train, test = (_Images(x, _centred(_pooled(x)), np.arange(len(x))) for x in (dataset.x_train, dataset.x_test))
    split = rows_of(dataset.y_train, Preparation(validation=_VALIDATION), seed=0)
    return {
        "train": _count(train, train),
        "test": _count(test, test),
        "overlap": _count(test, train),
        "validation": _count(replace(train, rows=split.validation), replace(train, rows=split.train)),
        "validation_rows": len(split.validation),
    }


@dataclass(frozen=True)
class _Images:
    """Some rows of a part: all its images and their pooled copies, and the numbers of the rows."""

    x: np.ndarray
    pooled: np.ndarray
    rows: np.ndarray


def _count(of: _Images, among: _Images) -> int:
    """Rows of `of` that have a near duplicate in `among`."""
    at, others = _nearest(of.pooled[of.rows], among.pooled[among.rows], itself=of is among)
    return int(_alike(of.x, of.rows[at], among.x, among.rows[others]).sum())


def _pooled(x: np.ndarray) -> np.ndarray:
    """Averages over 8 x 8 cells of equal size, which may cut pixels; shape (row, channel * 64)."""
    height, width = (_cells(side) for side in x.shape[-2:])
    blocks = [
        height @ x[start : start + 4096].astype(np.float32) @ width.T for start in range(0, len(x), 4096)
    ]  # float32 in blocks: the whole would be four times the data
    return np.concatenate(blocks).reshape(len(x), -1)


def _cells(side: int) -> np.ndarray:
    """Weight of each pixel in each cell, shape (cell, pixel)."""
    edges = np.linspace(0, side, _SIDE + 1)
    pixels = np.arange(side)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return (np.clip(overlap, 0, None) * _SIDE / side).astype(np.float32)


def _centred(x_BF: np.ndarray) -> np.ndarray:
    """Rows of mean 0 and norm 1, so that their product is their correlation; a constant row becomes 0."""
    x_BF = x_BF - x_BF.mean(axis=1, keepdims=True)
    norm_B1 = np.linalg.norm(x_BF, axis=1, keepdims=True)
    return np.where(norm_B1 > 1e-3, x_BF / np.maximum(norm_B1, 1e-3), 0).astype(np.float32)


def _nearest(x_BF: np.ndarray, among_BF: np.ndarray, itself: bool) -> tuple[np.ndarray, np.ndarray]:
    """Rows of `x_BF` that correlate by `_POOLED` or more with a row of `among_BF`, and the best such row of each.

    Unit vectors that near are less than `reach` apart in every direction, so only a slice along one is compared.
    """
    reach = np.sqrt(2 - 2 * _POOLED) + 1e-4
    spread_BF = among_BF - among_BF.mean(axis=0)
    axis_F = np.linalg.eigh(spread_BF.T @ spread_BF)[1][:, -1]  # along which the rows spread most
    place, order = among_BF @ axis_F, np.argsort(among_BF @ axis_F, kind="stable")
    among_BF, place = among_BF[order], place[order]
    at = x_BF @ axis_F
    queue = np.argsort(at, kind="stable")
    rows, others = [], []
    for start in range(0, len(queue), _BLOCK):
        block = queue[start : start + _BLOCK]
        first = np.searchsorted(place, at[block[0]] - reach)
        last = np.searchsorted(place, at[block[-1]] + reach)
        if first == last:
            continue
        near = x_BF[block] @ among_BF[first:last].T
        if itself:  # sorted alike, so a row stands at its own place
            near[np.arange(len(block)), start + np.arange(len(block)) - first] = -1
        best = near.argmax(axis=1)
        is_near = near[np.arange(len(block)), best] >= _POOLED
        rows.append(block[is_near])
        others.append(order[first + best[is_near]])
    return (np.concatenate(rows), np.concatenate(others)) if rows else (np.empty(0, int), np.empty(0, int))


def _alike(x: np.ndarray, rows: np.ndarray, among: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Whether each pair correlates by `_FULL` or more, pixel by pixel; shape (pair,)."""
    alike = np.empty(len(rows), bool)
    for start in range(0, len(rows), 4096):
        part = slice(start, start + 4096)
        one, other = (
            _centred(images[at[part]].reshape(len(at[part]), -1).astype(np.float32))
            for images, at in ((x, rows), (among, others))
        )
        alike[part] = np.einsum("bf,bf->b", one, other) >= _FULL
    return alike
