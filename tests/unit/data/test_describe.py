"""The description of a data set against counts made by hand and by a dictionary."""

import json
import time
from dataclasses import replace

import numpy as np

from paribus.data import Dataset, describe

X = np.array([[1, 2], [1, 2], [3, 4], [5, 6], [1, 2]], dtype=np.float32)


def toy() -> Dataset:
    x_test = np.array([[1, 2], [7, 8], [7, 8], [3, 4]], dtype=np.float32)
    return Dataset("toy", X, np.array([0, 0, 1, 1, 1]), x_test, np.array([0, 0, 0, 1]), ("a", "b"))


def test_counts_made_by_hand() -> None:
    found = describe(toy())
    assert found["rows"] == {"train": 5, "test": 4}
    assert found["class_counts"] == {"train": {"a": 2, "b": 3}, "test": {"a": 3, "b": 1}}
    assert found["duplicates"] == {"train": 2, "test": 1}
    assert found["overlap"] == 2
    assert found["conflicting"] == 1
    assert (found["range"], found["missing"], found["item_shape"]) == ([1.0, 8.0], 0, [2])
    assert found["fingerprint"] == toy().fingerprint
    assert found["notes"] == []


def test_notes_are_told_and_are_no_part_of_the_fingerprint() -> None:
    noted = replace(toy(), notes=("it leaks",))
    assert describe(noted)["notes"] == ["it leaks"]
    assert noted.fingerprint == toy().fingerprint


def test_it_is_json() -> None:
    assert json.loads(json.dumps(describe(toy()), allow_nan=False)) == describe(toy())


def test_values_not_finite_are_counted_and_left_out_of_the_range() -> None:
    x = np.array([[np.nan, 2], [np.inf, -1]], dtype=np.float32)
    found = describe(Dataset("toy", x, np.array([0, 1]), x[:1], np.array([0]), ("a", "b")))
    assert (found["missing"], found["range"]) == (3, [-1.0, 2.0])
    nothing = np.full((2, 1), np.nan, dtype=np.float32)
    assert describe(Dataset("toy", nothing, np.array([0, 1]), nothing, np.array([0, 1]), ("a", "b")))["range"] is None


def test_minus_zero_equals_zero() -> None:
    x = np.array([[0.0], [-0.0]], dtype=np.float32)
    found = describe(Dataset("toy", x, np.array([0, 1]), x, np.array([0, 1]), ("a", "b")))
    assert (found["duplicates"]["train"], found["overlap"], found["conflicting"]) == (1, 2, 1)
    assert np.signbit(x[1, 0])


def test_full_size_agrees_with_a_dictionary_and_takes_no_more_than_50_times_its_time() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (70_000, 28, 28), dtype=np.uint8)
    x[:, :, 1:] = 0
    x[:, 16:] = 0  # 16 bits are left, so there are many duplicates
    data = Dataset("big", x[:60_000], np.zeros(60_000, int), x[60_000:], np.ones(10_000, int), ("a", "b"))
    data.fingerprint  # noqa: B018  (cached before the clock starts)
    start = time.process_time()
    found = describe(data)
    time_s = time.process_time() - start
    start = time.process_time()
    train, test = ([row.tobytes() for row in part] for part in (data.x_train, data.x_test))
    assert found["duplicates"] == {"train": 60_000 - len(set(train)), "test": 10_000 - len(set(test))}
    assert found["overlap"] == sum(row in set_of for set_of in [set(train)] for row in test)
    assert found["conflicting"] == len(set(train) & set(test))
    assert time_s < 50 * (time.process_time() - start)
