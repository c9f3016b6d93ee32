"""Broken CSV and Parquet files: the letter names the file, the line or row, and the column."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from broken_files import COUNTS, HEAD, IMAGE, ROWS, Case, Make, X, Y, bytes_of, file, gzipped, write

PARQUET = bytes_of(pd.DataFrame({"a": X[:, 0], "label": Y}).to_parquet)


def csv(text: str, **more: str) -> Make:
    """A CSV file, and perhaps another as test set."""

    def make(folder: Path) -> dict[str, Any]:
        write(folder / "a.csv", text)
        for name in more:
            write(folder / f"{name}.csv", more[name])
        return {"source": "a.csv", **({"test": "test.csv"} if more else {})}

    return make


def parquet(**columns: Any) -> Make:
    return file("a.parquet", bytes_of(pd.DataFrame({"a": X[:, 0], "label": Y, **columns}).to_parquet, index=False))


def at_7(value: float) -> np.ndarray:
    """Feature a of 20 rows with `value` in row 7."""
    return np.where(np.arange(20) == 7, value, X[:, 0])


TABLES: dict[str, Case] = {
    "empty CSV": (csv(""), ["a.csv is empty"]),
    "CSV of a header": (csv(HEAD), ["a.csv has a header but no rows"]),
    "CSV without the label": (csv("a,b,c\n" + ROWS[0]), ["a.csv has no column 'label'", "a, b, c"]),
    "CSV with too few values": (
        csv(HEAD + "".join(ROWS[:3]) + "4,1\n" + "".join(ROWS)),
        ["a.csv, line 5, column 'label': ''"],
    ),
    "CSV with too many values": (
        csv(HEAD + "".join(ROWS[:3]) + "4,1,0,9\n" + "".join(ROWS)),
        ["a.csv, line 5: 4 values where the header names 3 columns"],
    ),
    "CSV with too many values after a text of two lines": (
        csv(HEAD + '1,2,"0\n"\n\n' + "".join(ROWS[:3]) + "4,1,0,9\n" + "".join(ROWS)),
        ["a.csv, line 8: 4 values where the header names 3 columns"],
    ),
    "CSV with text": (csv(HEAD + "".join(ROWS) + "1,dark,0\n"), ["a.csv, line 22, column 'b': 'dark' is no number"]),
    "CSV with nan": (csv(HEAD + "".join(ROWS) + "1,nan,0\n"), ["a.csv, line 22, column 'b': 'nan'", "missing"]),
    "CSV with inf": (csv(HEAD + "".join(ROWS) + "-inf,1,0\n"), ["a.csv, line 22, column 'a': '-inf' is not finite"]),
    "CSV beyond float32": (csv(HEAD + "".join(ROWS) + "1e39,1,0\n"), ["a.csv, line 22, column 'a': '1e39' is not"]),
    "CSV with an integer beyond float32": (
        csv(HEAD + "".join(ROWS) + f"{10**40},1,0\n"),
        ["a.csv, line 22, column 'a': '1000", "is not finite in float32"],
    ),
    "CSV of one class": (csv(HEAD + "1,2,0\n" * 9), ["a.csv, line 2, column 'label': every label is '0'"]),
    "CSV with a class of one row": (
        csv(HEAD + "".join(ROWS) + "1,2,3\n"),
        ["a.csv, line 22, column 'label': class '3' has only this row"],
    ),
    "CSV packed and cut off": (
        file("a.csv.gz", gzipped((HEAD + "".join(ROWS) * 99).encode())[:-9]),
        ["a.csv.gz cannot be read as CSV", "end-of-stream"],
    ),
    "CSV not packed": (file("a.csv.xz", HEAD + "".join(ROWS)), ["a.csv.xz cannot be read as CSV", "format"]),
    "CSV of other bytes": (
        file("a.csv", bytes_of(IMAGE.save, "png")),
        ["a.csv cannot be read as CSV", "byte 0x89 in position 0"],
    ),
    "empty Parquet": (file("a.parquet", b""), ["a.parquet cannot be read as Parquet", "size is 0"]),
    "Parquet cut off": (file("a.parquet", b"PAR1" + bytes(99)), ["a.parquet cannot be read as Parquet"]),
    "Parquet with changed bytes": (
        file("a.parquet", PARQUET[:-99] + bytes(91) + PARQUET[-8:]),
        ["a.parquet cannot be read as Parquet: "],
    ),
    "Parquet without the label": (
        file("a.parquet", bytes_of(pd.DataFrame({"a": X[:, 0]}).to_parquet)),
        ["a.parquet has no column 'label'"],
    ),
    "Parquet with nan": (parquet(a=at_7(np.nan)), ["a.parquet, row 7, column 'a': ", "missing"]),
    "Parquet with inf": (parquet(a=at_7(np.inf)), ["a.parquet, row 7, column 'a': inf is not finite"]),
    "Parquet beyond float32": (parquet(a=at_7(1e39)), ["a.parquet, row 7, column 'a': 1e+39 is not finite"]),
    "Parquet with text": (parquet(a=["x"] * 20), ["a.parquet, column 'a': ", "is no number"]),
    "CSV without a text": (
        file("a.csv", "label,text\n0,a film\n1\n0,a film\n1,a film\n", text=COUNTS),
        ["a.csv, line 3: 1 values where the header names 2 columns"],
    ),
    "CSV whose texts are taken for labels": (
        file("a.csv", "text,stars\n" + ("a film " * 200 + ",1\n") * 9, label="text", text_column="stars", text=COUNTS),
        ["a.csv, line 2, column 'text': a label of 1,400 characters", "set `data.label`"],
    ),
    "Parquet without a text": (
        file(
            "a.parquet",
            bytes_of(pd.DataFrame({"text": ["a film", None] * 5, "label": Y[:10]}).to_parquet),
            text=COUNTS,
        ),
        ["a.parquet, row 1, column 'text': '' is the first of 5 missing values"],
    ),
}
TABLES_FOR_TESTING: dict[str, Case] = {
    "a column is missing": (
        csv(HEAD + "".join(ROWS), test="a,label\n1,0\n"),
        ["test.csv has other columns than", "a.csv: it lacks ['b']"],
    ),
    "a class is there only": (
        csv(HEAD + "".join(ROWS), test=HEAD + "1,2,0\n1,2,5\n"),
        ["test.csv, line 3, column 'label': class '5' is in the test set but not in training"],
    ),
    "its rows are short": (
        csv(HEAD + "".join(ROWS), test=HEAD + ROWS[0] + "1\n"),
        ["test.csv, line 3, column 'b': '' is the first of 2 missing values"],
    ),
}


@pytest.mark.parametrize("case", TABLES)
def test_tables(refused, case: str) -> None:
    refused(*TABLES[case], "plan", "run", "show")


@pytest.mark.parametrize("case", TABLES_FOR_TESTING)
def test_tables_for_testing(refused, case: str) -> None:
    refused(*TABLES_FOR_TESTING[case], "plan", "run")
