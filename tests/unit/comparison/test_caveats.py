import re
from pathlib import Path

import pytest

from paribus.comparison.caveats import CAVEATS, caveat, early_best, late_best


def test_codes_are_counted_on() -> None:
    assert list(CAVEATS) == [f"C{number:02}" for number in range(1, len(CAVEATS) + 1)]
    assert all("\n" not in line for line in CAVEATS.values())


def test_the_docs_list_them() -> None:
    page = (Path(__file__).parents[3] / "docs" / "results.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (C\d\d) \| (.*) \|$", page, re.MULTILINE) == list(CAVEATS.items())


def test_a_caveat_starts_with_its_code() -> None:
    assert caveat("C04") == "C04 training and test data overlap"
    assert caveat("C02", "2 of 5 pairs lack a finished run") == "C02 2 of 5 pairs lack a finished run"
    with pytest.raises(KeyError):
        caveat("C99")


@pytest.mark.parametrize(
    ("best_epoch_S", "late"),
    [
        ([28, 29, 30], True),
        ([27, 27, 30], False),  # 27 of 30 ends the ninth tenth
        ([30, 10], False),  # half is not more than half
        ([30, None, None], True),
        ([None, None], False),
        ([], False),
    ],
)
def test_late_best(best_epoch_S: list[int | None], late: bool) -> None:
    assert late_best(best_epoch_S, [30] * len(best_epoch_S)) is late


@pytest.mark.parametrize(
    ("best_epoch_S", "epochs", "early"),
    [
        ([1, 2, 3], 30, True),
        ([3, 4, 4], 30, False),
        ([1, 4], 30, False),  # half is not more than half
        ([1, None, None], 30, True),
        ([1, 1, 1], 9, False),  # the first epoch is more than a tenth
        ([], 30, False),
    ],
)
def test_early_best(best_epoch_S: list[int | None], epochs: int, early: bool) -> None:
    assert early_best(best_epoch_S, [epochs] * len(best_epoch_S)) is early
