"""Near duplicates against copies made here, a count over all pairs, and the published sets."""

from pathlib import Path

import numpy as np
import pytest

from paribus.data import Dataset, load, near_duplicates
from paribus.data.sampling import rows_of
from paribus.spec.data import DataSpec, Preparation

RNG = np.random.default_rng(0)


def smooth(count: int, *shape: int) -> np.ndarray:
    """Images that differ but have structure: coarse noise, made larger."""
    return RNG.integers(20, 200, (count, *shape), dtype=np.uint8).repeat(7, axis=-1).repeat(7, axis=-2)


def dataset(x_train: np.ndarray, x_test: np.ndarray) -> Dataset:
    labels = np.zeros(len(x_train), int), np.zeros(len(x_test), int)
    return Dataset("toy", x_train, labels[0], x_test, labels[1], ("a",))


def test_brightness_contrast_and_noise_are_seen_through() -> None:
    x = smooth(40, 4, 4)
    noisy = x[:10] + RNG.integers(-4, 5, x[:10].shape)
    copies = np.concatenate([x[:10] * 0.7 + 30, noisy, 255.0 - x[:10]]).astype(np.uint8)  # a negative is another image
    found = near_duplicates(dataset(x, copies))
    assert found == {"train": 0, "test": 20, "overlap": 20, "validation": 0, "validation_rows": 8}


@pytest.mark.parametrize("shape", [(4, 4), (3, 4, 4)])
def test_it_agrees_with_all_pairs(shape: tuple[int, ...]) -> None:
    x = smooth(1500, *shape)
    x[700:1200] = x[:500] // 2 + RNG.integers(0, 3, x[:500].shape, dtype=np.uint8)
    train, test = x[:1000], x[1000:]
    alike = np.corrcoef(x.reshape(len(x), -1)) >= 0.99
    np.fill_diagonal(alike, False)
    split = rows_of(np.zeros(1000, int), Preparation(validation=0.2), 0)
    expected = {"train": alike[:1000, :1000], "test": alike[1000:, 1000:], "overlap": alike[1000:, :1000]}
    expected["validation"] = alike[np.ix_(split.validation, split.train)]
    found = near_duplicates(dataset(train, test))
    assert found is not None
    assert found.pop("validation_rows") == 200
    assert found == {name: pairs.any(axis=1).sum() for name, pairs in expected.items()}
    assert 50 < found["validation"] < 150
    assert found["train"] == 600
    assert found["overlap"] == 200


def test_images_of_one_colour_are_left_out() -> None:
    x = np.full((5, 8, 8), 7, np.uint8)
    found = near_duplicates(dataset(x, x))
    assert found == {"train": 0, "test": 0, "overlap": 0, "validation": 0, "validation_rows": 1}


def test_tables_have_none() -> None:
    assert near_duplicates(dataset(np.ones((5, 8), np.float32), np.ones((5, 8), np.float32))) is None


@pytest.mark.fulldata
@pytest.mark.parametrize(
    ("name", "expected"),
    [("sign_mnist", (27372, 119)), ("mnist", (0, 0)), ("fashion_mnist", (402, 68)), ("cifar10", (18, 4))],
)
def test_published_sets(name: str, expected: tuple[int, int]) -> None:
    found = near_duplicates(load(DataSpec(source=name), Path()))
    assert found is not None
    assert name != "sign_mnist" or found["validation"] / found["validation_rows"] > 0.99
    assert (found["train"], found["overlap"]) == pytest.approx(expected, abs=2)  # another processor rounds otherwise
