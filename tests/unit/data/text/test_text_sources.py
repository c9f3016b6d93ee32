"""Where texts come from: folders, tables, arrays and functions made here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from paribus.data import Dataset, load
from paribus.errors import DataError
from paribus.spec.data import DataSpec

FILES = {f"{name}/{at}.txt": f"{name} Text {at} – né\n" for name in "ba" for at in range(3)} | {"a/3.txt": ""}
TEXT = {"text": {"kind": "tfidf"}}
TABLE = pd.DataFrame(
    {"text": ['said "no",\ntwice', "", "NA", "3", "né", "a, b"] * 3, "label": ["x", "y", "x", "y", "x", "y"] * 3}
)


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def read(path: Path, **values: Any) -> Dataset:
    return load(DataSpec.model_validate({"source": path.name, **values}), path.parent)


def test_train_and_test_folders_in_the_order_of_their_paths(tmp_path: Path) -> None:
    write(tmp_path / "own" / "train", FILES)
    write(tmp_path / "own" / "test", {"a/x.TXT": "\ufeffmarked"})
    data = read(tmp_path / "own")
    assert data.is_text
    assert (data.name, data.class_names, data.item_shape) == ("own", ("a", "b"), ())
    assert data.x_train.tolist() == [FILES[name] for name in sorted(FILES)]
    assert data.y_train.tolist() == [0] * 4 + [1] * 3
    assert (data.x_test.tolist(), data.y_test.tolist()) == (["marked"], [0])


def test_without_a_test_folder_a_share_is_held_out(tmp_path: Path) -> None:
    data = read(write(tmp_path / "own", FILES), test=0.34)
    assert (len(data.x_train), len(data.x_test)) == (5, 2)
    assert sorted([*data.x_train, *data.x_test]) == sorted(FILES.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda f: (f / "a" / "0.txt").write_bytes(b"caf\xe9"),
            r"a/0\.txt cannot be read as text: 'utf-8' codec .*UTF-8",
        ),
        (lambda f: (f / "README").write_text(""), r"own also holds README\. Allowed there: one folder per class"),
        (lambda f: (f / "a" / "x.html").write_text(""), r"own/a also holds x\.html\. Allowed there: \.txt"),
        (lambda f: (f / "c").mkdir(), r"own/c holds no text\. Add some \(\.txt\)"),
        (lambda f: write(f, {"z/0.txt": "z"}), r"own/z/0\.txt: class 'z' has only this row"),
    ],
)
def test_mistakes_in_folders_are_named(tmp_path: Path, change: Callable[[Path], Any], message: str) -> None:
    change(write(tmp_path / "own", FILES))
    with pytest.raises(DataError, match=message):
        read(tmp_path / "own", test=0.34)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_tables(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"own.{suffix}"
    TABLE.to_csv(path, index=False) if suffix == "csv" else TABLE.to_parquet(path)
    data = read(path, **TEXT, test=0.34)
    assert data.is_text
    assert data.class_names == ("x", "y")
    found = zip([*data.x_train, *data.x_test], [*data.y_train, *data.y_test], strict=True)
    expected = zip(TABLE["text"], TABLE["label"].map({"x": 0, "y": 1}), strict=True)
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize(
    ("table", "values", "message"),
    [
        (TABLE, {}, r"column 'text': .* is no number\. .*set `data\.text` if"),
        (
            TABLE.assign(stars=1, title="t"),
            TEXT,
            r"has columns beside the texts 'text' and the label 'label': stars, title\. Remove them, or set "
            r"`data\.text_column`",
        ),
        (
            TABLE,
            {**TEXT, "text_column": "txt"},
            r"no column 'txt' for the texts beside the label 'label'\. Others: text",
        ),
        (TABLE, {**TEXT, "text_column": "label"}, r"no column 'label' for the texts beside the label"),
    ],
)
def test_mistakes_in_tables_are_named(tmp_path: Path, table: Any, values: Any, suffix: str, message: str) -> None:
    path = tmp_path / f"own.{suffix}"
    table.to_csv(path, index=False) if suffix == "csv" else table.to_parquet(path)
    with pytest.raises(DataError, match=rf"own\.{suffix}.*{message}"):
        read(path, **values)


def test_parquet_with_missing_texts_or_none(tmp_path: Path) -> None:
    TABLE.assign(text=[None, *TABLE["text"][1:]]).to_parquet(tmp_path / "own.parquet")
    with pytest.raises(DataError, match=r"own\.parquet, row 0, column 'text': '' is the first of 1 missing values"):
        read(tmp_path / "own.parquet", **TEXT)
    TABLE.assign(text=1).to_parquet(tmp_path / "own.parquet")
    with pytest.raises(DataError, match=r"column 'text': int64 is no text\. Set `data\.text_column`"):
        read(tmp_path / "own.parquet", **TEXT)


@pytest.mark.parametrize("make", [list, tuple, np.array, lambda x: np.array(x, object), pd.Series])
def test_functions_give_texts_of_any_kind(make: Any) -> None:
    texts = ["one", "", "né", "four"] * 3
    data = load(DataSpec(source=lambda: {"x": make(texts), "y": [0, 1] * 6}, test=0.34), Path())
    assert data.is_text
    assert {type(text) for text in [*data.x_train, *data.x_test]} == {str}
    assert sorted([*data.x_train, *data.x_test]) == sorted(texts)


def test_npz_and_a_data_set(tmp_path: Path) -> None:
    x, y = np.array(["one", "", "né", "four"] * 3), np.arange(12) % 2
    np.savez(tmp_path / "own.npz", x_train=x, y_train=y, x_test=x[:3], y_test=y[:3])
    data = read(tmp_path / "own.npz")
    assert data.x_train.tolist() == x.tolist()
    again = load(DataSpec(source=lambda: data), Path())
    assert again.fingerprint == data.fingerprint


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (["a", None, "b", "c"], r"x, row 1 is no text but NoneType\. Allowed: a text in every row"),
        (np.array([{}, {}, {}, {}]), r"x, row 0 is no text but dict\."),
        (["a", "b", "\ud800", "c"], r"x, row 2 cannot be written as UTF-8: .*surrogates"),
        ([], r"Allowed: \(row, feature\)"),
    ],
)
def test_rows_that_are_no_texts(x: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load(DataSpec(source=lambda: {"x": x, "y": [0, 1, 0, 1]}), Path())


def test_texts_beside_numbers() -> None:
    arrays = {"x_train": ["a", "b"] * 2, "y_train": [0, 1] * 2, "x_test": np.zeros((2, 3)), "y_test": [0, 1]}
    with pytest.raises(DataError, match=r"training items have shape \(\), test items \(3,\)\. Make them equal"):
        load(DataSpec(source=lambda: arrays), Path())
