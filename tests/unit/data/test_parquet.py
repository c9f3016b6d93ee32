"""Parquet files go through the checks of CSV files; pandas writes them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from paribus.data import load
from paribus.data.formats.tables import read_table
from paribus.errors import DataError
from paribus.spec.data import DataSpec

GOOD = pd.DataFrame({"a": [1, 2, 3, 4], "label": ["x", "y", "x", "y"], "b": [2.5, 3, 4, 5]})


def parquet(table: pd.DataFrame, path: Path) -> Path:
    table.to_parquet(path)
    return path


def test_it_is_the_same_data_as_in_csv(tmp_path: Path) -> None:
    GOOD.to_csv(tmp_path / "a.csv", index=False)
    parquet(GOOD, tmp_path / "a.parquet")
    from_csv, from_parquet = (load(DataSpec(source=f"a.{end}", test=0.5), tmp_path) for end in ("csv", "parquet"))
    assert from_parquet.fingerprint == from_csv.fingerprint
    assert from_parquet.name == "a.parquet"


def test_an_index_is_no_feature(tmp_path: Path) -> None:
    shuffled = GOOD.set_index(pd.Index([7, 3, 5, 1]))
    assert read_table(parquet(shuffled, tmp_path / "a.parquet"), "label", 0.5).item_shape == (2,)


def test_pixels_become_squares(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, (6, 64), dtype=np.uint8)
    table = pd.DataFrame(x, columns=[f"p{at}" for at in range(64)]).assign(label=[0, 1] * 3)
    path = parquet(table, tmp_path / "a.parquet")
    data = read_table(path, "label", path)
    assert data.x_train.dtype == np.uint8
    assert np.array_equal(data.x_train, x.reshape(6, 8, 8))


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (pd.Series([10, 2, 10, 2]), ("2", "10")),
        (pd.Series(["u", "t", "u", "t"], dtype="category"), ("t", "u")),
        (pd.Series([True, False, True, False]), ("False", "True")),
    ],
)
def test_labels_of_any_type(tmp_path: Path, labels: pd.Series, names: tuple[str, ...]) -> None:
    path = parquet(pd.DataFrame({"a": range(4), "label": labels}), tmp_path / "a.parquet")
    assert read_table(path, "label", 0.5).class_names == names


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (GOOD.rename(columns={"label": "Label"}), r"Did you mean 'Label'\? It names: a, Label, b\."),
        (GOOD.assign(a=["1", "2", "3", "4"]), r"a\.parquet, column 'a': .*string is no number"),
        (GOOD.assign(a=[1, None, 3, 4]), r"row 1, column 'a': '' is the first of 1 missing values \('a' 1\)"),
        (GOOD.assign(label=["x", None, "x", "y"]), r"row 1, column 'label': '' is the first of 1 missing"),
        (GOOD.assign(b=[1, 2, 1e39, 4]), r"row 2, column 'b': 1e\+39 is not finite in float32"),
        (GOOD.assign(label="x"), r"row 0, column 'label': every label is 'x'"),
        (GOOD.iloc[:0], "no rows"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, table: pd.DataFrame, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_table(parquet(table, tmp_path / "a.parquet"), "label", 0.5)


def test_damaged_and_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"no parquet")
    with pytest.raises(DataError, match=r"a\.parquet cannot be read as Parquet"):
        read_table(tmp_path / "a.parquet", "label", 0.5)
    (tmp_path / "a.txt").write_text("a,label\n")
    good = parquet(GOOD, tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"a\.txt is not a table. Its name must end in one of \.csv"):
        read_table(good, "label", tmp_path / "a.txt")
