"""CSV files: what they become, and that every mistake is named by file, line, column and value."""

import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest

from paribus.data.formats.tables import read_table
from paribus.errors import DataError

GOOD = "a,label,b\n1,x,2.5\n2,y,3\n3,x,4\n4,y,5\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_columns_become_features(tmp_path: Path) -> None:
    data = read_table(write(tmp_path / "a.csv", GOOD), "label", 0.5)
    rows = np.concatenate([data.x_train, data.x_test])
    assert sorted(rows.tolist()) == [[1, 2.5], [2, 3], [3, 4], [4, 5]]
    assert rows.dtype == np.float32
    assert data.class_names == ("x", "y")
    assert data.feature_names == ("a", "b")
    assert [data.class_names[c] for c in data.y_test] == ["x" if row[0] % 2 else "y" for row in data.x_test]


def test_every_way_to_write_a_file_gives_the_same(tmp_path: Path) -> None:
    plain = read_table(write(tmp_path / "a.csv", GOOD), "label", 0.5).fingerprint
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(GOOD.encode()))
    (tmp_path / "c.csv.xz").write_bytes(lzma.compress(GOOD.encode()))
    write(tmp_path / "d.csv", "\ufeff" + GOOD.replace("\n", "\r\n").replace(",", ", "))
    write(tmp_path / "e.csv", GOOD.replace("x", '"x"') + "\n\n")
    for name in ("b.csv.gz", "c.csv.xz", "d.csv", "e.csv"):
        assert read_table(tmp_path / name, "label", 0.5).fingerprint == plain, name


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["10", "2", "10", "2"], ("2", "10")),
        (["1.5", "1", "1.5", "1"], ("1.0", "1.5")),
        (["None", "NA", "None", "NA"], ("NA", "None")),
        (["True", "False", "True", "False"], ("False", "True")),
        (["über", "10", "über", "10"], ("10", "über")),
    ],
)
def test_labels_of_any_type(tmp_path: Path, labels: list[str], names: tuple[str, ...]) -> None:
    text = "a,label\n" + "".join(f"{row},{label}\n" for row, label in enumerate(labels))
    assert read_table(write(tmp_path / "a.csv", text), "label", 0.5).class_names == names


def pixel_text(num_columns: int, high: int = 255) -> str:
    rows = np.random.default_rng(0).integers(0, 256, (6, num_columns))
    rows[0, 0] = high
    head = ",".join(["label", *(f"pixel{i}" for i in range(num_columns))])
    return "\n".join([head, *(",".join(map(str, [row % 2, *x])) for row, x in enumerate(rows.tolist()))])


@pytest.mark.parametrize(
    ("num_columns", "high", "shape", "kind"),
    [
        (784, 255, (28, 28), "uint8"),
        (64, 255, (8, 8), "uint8"),
        (65, 255, (65,), "uint8"),
        (49, 255, (49,), "float32"),
        (64, 256, (64,), "float32"),
        (64, -1, (64,), "float32"),
    ],
)
def test_pixels(tmp_path: Path, num_columns: int, high: int, shape: tuple[int, ...], kind: str) -> None:
    data = read_table(write(tmp_path / "a.csv", pixel_text(num_columns, high)), "label", 0.34)
    assert data.item_shape == shape
    assert data.x_train.dtype == kind


def test_pixels_keep_their_places(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", pixel_text(64))
    data = read_table(path, "label", path)
    written = np.loadtxt(path, delimiter=",", skiprows=1, dtype=int)
    assert np.array_equal(data.x_train.reshape(6, 64), written[:, 1:])
    assert np.array_equal(data.y_train, written[:, 0])


def test_test_file_of_its_own_in_another_order(tmp_path: Path) -> None:
    train = write(tmp_path / "a.csv", GOOD)
    test = write(tmp_path / "b.csv", "b,a,label\n7,8,y\n")
    data = read_table(train, "label", test)
    assert data.x_test.tolist() == [[8, 7]]
    assert data.y_test.tolist() == [1]
    assert data.x_train.shape == (4, 2)


def test_numbers_in_one_file_and_text_in_the_other(tmp_path: Path) -> None:
    train = write(tmp_path / "a.csv", "a,label\n1,1\n2,1\n3,z\n4,z\n")
    test = write(tmp_path / "b.csv", "a,label\n1,1\n")
    assert read_table(train, "label", test).y_test.tolist() == [0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"a\.csv is empty"),
        ("a,label\n", r"a\.csv has a header but no rows"),
        (
            "a,Label\n1,x\n",
            r"no column 'label' for the label\. Did you mean 'Label'\? It names: a, Label\.",
        ),
        ("label\nx\ny\n", "no column but the label"),
        ("a,a,label\n1,2,x\n", "more than one column 'a'"),
        (GOOD.replace("4,", "four,"), r"a\.csv, line 5, column 'a': 'four' is no number"),
        (GOOD.replace("\n2,", "\n\n\n2,").replace("y,5", "y,inf"), r"a\.csv, line 7, column 'b': 'inf' is not finite"),
        (GOOD.replace("y,5", "y,1e39"), r"line 5, column 'b': '1e39' is not finite in float32"),
        (
            GOOD.replace("2,y", ",y").replace("y,5", "y,NA"),
            r"line 3, column 'a': '' is the first of 2 missing values \('a' 1, 'b' 1\)",
        ),
        (GOOD.replace("y,5", "y,?"), r"line 5, column 'b': '\?' is the first of 1 missing values \('b' 1\)"),
        (GOOD.replace("4,y,5", "4,y"), r"line 5, column 'b': '' is the first of 1 missing"),
        (GOOD.replace("4,y", "4,"), r"line 5, column 'label': '' is the first of 1 missing"),
        (GOOD.replace("4,y,5", "4,y,5,6"), r"a\.csv, line 5: 4 values where the header names 3"),
        (GOOD.replace("2.5", "2.5,9"), r"a\.csv, line 2: 4 values where the header names 3 columns"),
        ("a,label\n1,x,2\n3,y,4\n", r"a\.csv, line 2: 3 values where the header names 2"),
        (GOOD.replace("y", "x"), r"a\.csv, line 2, column 'label': every label is 'x'"),
        (GOOD.replace("4,y", "4,z"), r"a\.csv, line 3, column 'label': class 'y' has only this row"),
        ('a,label\n1,"x\ny"\n2,"x\ny"\nbad,z\n', r"a\.csv, line 6, column 'a': 'bad' is no number"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_table(write(tmp_path / "a.csv", text), "label", 0.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,c,label\n1,2,x\n", r"b\.csv has other columns than .*a\.csv: it lacks \['b'\], it adds \['c'\]"),
        ("a,b,label\n1,2,x\n1,2,z\n", r"b\.csv, line 3, column 'label': class 'z' is in the test set but not"),
        ("a,b,label\n1,q,x\n", r"b\.csv, line 2, column 'b': 'q' is no number"),
    ],
)
def test_mistakes_in_the_test_file(tmp_path: Path, text: str, message: str) -> None:
    train, test = write(tmp_path / "a.csv", GOOD), write(tmp_path / "b.csv", text)
    with pytest.raises(DataError, match=message):
        read_table(train, "label", test)


def test_not_there_not_text_not_whole(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.csv does not exist"):
        read_table(tmp_path / "a.csv", "label", 0.5)
    (tmp_path / "b.csv").write_bytes("a,label\n1,ü\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"b\.csv cannot be read as CSV: .*utf-8"):
        read_table(tmp_path / "b.csv", "label", 0.5)
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(GOOD.encode())[:-12])
    with pytest.raises(DataError, match=r"c\.csv\.gz cannot be read"):
        read_table(tmp_path / "c.csv.gz", "label", 0.5)


def test_a_wide_header_is_not_printed_whole(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"pixel0, .*pixel18 and 45 more"):
        read_table(write(tmp_path / "a.csv", pixel_text(64)), "class", 0.5)


def test_a_column_without_a_name_is_no_feature(tmp_path: Path) -> None:
    """As pandas writes its index, which gives the class away where rows are sorted by it."""
    path = write(tmp_path / "a.csv", ",a,label\n" + "".join(f"{row},{row % 3},{row // 10}\n" for row in range(20)))
    with pytest.raises(DataError, match="column 1 has no name; pandas writes its index so"):
        read_table(path, "label", 0.5)


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["cat", "cat ", "dog"], ("cat", "dog")),
        (["007", "7", "1"], ("007", "1", "7")),
        (["10", "2", "3 "], ("2", "3", "10")),
    ],
)
def test_labels_are_those_that_are_written(tmp_path: Path, labels: list[str], names: tuple[str, ...]) -> None:
    rows = "".join(f"{row},{labels[row % len(labels)]}\n" for row in range(30))
    assert read_table(write(tmp_path / "a.csv", "a,label\n" + rows), "label", 0.5).class_names == names


def test_a_text_may_be_long(tmp_path: Path) -> None:
    rows = "".join(f"{'word ' * 40_000},{row % 2}\n" for row in range(8))
    assert read_table(write(tmp_path / "a.csv", "text,label\n" + rows), "label", 0.5, "text").is_text
