"""Folders of images, one per class, as Pillow reads them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from paribus.data.dataset import Dataset
from paribus.data.formats.arrays import dataset_from
from paribus.data.formats.folders import files_of_classes
from paribus.data.formats.packed import check_unpacked
from paribus.errors import DataError

SUFFIXES = (".png", ".jpg", ".jpeg")
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP")  # whatever the name says
_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK")  # Pillow's names of all with at most 8 bits a channel


def read_folder(folder: Path, test: float | str, size: tuple[int, int] | None = None) -> Dataset:
    """The data set in a folder with CLASS/*.png, or train/CLASS/*.png and test/CLASS/*.png, .jpg and .jpeg too.

    Classes are the folders' names, sorted; items are in the order of their paths. Greyscale images become uint8 of
    shape (height, width); if any is in colour, all become (3, height, width). Transparency is dropped, and a
    photograph is turned as its EXIF says.

    Args:
        folder: holds nothing but the images in their folders.
        test: share of each class held out if there is no test folder.
        size: height and width in pixels that every image is resized to (bilinear, smoothed when shrunk); None: all must
            have one size.

    Raises:
        DataError: something else lies in the folder, an image is damaged or of another size, a class is empty, or the
            classes are not what `dataset_from` allows. It names the file.
    """
    paths = files_of_classes(folder, SUFFIXES, "image")
    images = _decoded(folder, [path for part in paths.values() for path in part], size)
    shape = max((image.shape for image in images), key=len)  # in colour if any is
    images.reverse()
    arrays: dict[str, Any] = {}
    for key, part in paths.items():
        arrays[f"x{key}"] = np.empty((len(part), *shape), np.uint8)
        for row in range(len(part)):
            arrays[f"x{key}"][row] = images.pop()
        arrays[f"y{key}"] = [path.parent.name for path in part]
    return dataset_from(arrays, folder.resolve().name, test, lambda key, row: str(paths[key[1:]][row]))


def _decoded(folder: Path, paths: Sequence[Path], size: tuple[int, int] | None) -> list[np.ndarray]:
    """All images, of the same height and width."""
    images: list[np.ndarray] = []
    num_bytes, num_packed = 0, 0
    for path in paths:
        image, unpacked = _decode(path, size)
        num_bytes, num_packed = num_bytes + unpacked, num_packed + path.stat().st_size
        check_unpacked(folder, num_bytes, "save them in one NPZ file", num_packed)
        if images and image.shape[-2:] != images[0].shape[-2:]:
            (height, width), (first_height, first_width) = image.shape[-2:], images[0].shape[-2:]
            raise DataError(
                f"{path} is {height} x {width} pixels where {paths[0]} is {first_height} x {first_width}. Allowed: one "
                "size; or resize all with `data.image_size` in a study, --image-size in `paribus data show`."
            )
        images.append(image)
    return images


def _decode(path: Path, size: tuple[int, int] | None) -> tuple[np.ndarray, int]:
    """One image, shape (height, width) or (3, height, width); and the bytes that it took unpacked."""
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=_FORMATS) as opened:
            mode = opened.mode
            num_bytes = opened.width * opened.height * len(opened.getbands())
            check_unpacked(path, num_bytes, "make it smaller")
            if mode in _MODES:
                image = ImageOps.exif_transpose(opened).convert("L" if mode in ("1", "L", "LA") else "RGB")
                if size and (image.height, image.width) != size:
                    image = image.resize((size[1], size[0]), Image.Resampling.BILINEAR)
                pixels = np.asarray(image)
                return (pixels if pixels.ndim == 2 else pixels.transpose(2, 0, 1)), num_bytes
    except DataError:
        raise
    except Exception as failed:  # Pillow raises many kinds for damaged files
        raise DataError(f"{path} cannot be read as an image: {failed}. Replace or remove it.") from failed
    raise DataError(f"{path} has pixels of mode {mode}. Allowed: 8 bits a channel ({', '.join(_MODES)}). Convert it.")
