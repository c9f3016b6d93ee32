"""Ratios, shares and verdicts of measurements that were made up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.equal import Equivalence
from benchmarks.sides import Side
from benchmarks.tables import Compared, accuracy_table, equal_table, merged, speed_table, stamped, table, whole_table
from benchmarks.workloads import WORKLOADS


def side(train_s: float, epochs: int = 10, wall_s: float = 20.0, mib: int = 100) -> Side:
    return Side(wall_s, train_s, epochs, mib * 2**20, (0.9, 0.81234), 7)


ROUNDS = [
    (side(1.0, wall_s=4.0, mib=200), side(2.0, epochs=20, wall_s=16.0, mib=900)),  # 10 against 10 epochs a second
    (side(2.0, wall_s=5.0, mib=300), side(10.0, epochs=20, wall_s=30.0, mib=800)),  # 5 against 2
    (side(0.5, wall_s=2.0, mib=250), side(4.0, epochs=20, wall_s=20.0, mib=850)),  # 20 against 5
]
COMPARED = Compared("W1", ROUNDS, operations=2e9, peak=1.2e12)


def cells(table: str, row: int = 0) -> list[str]:
    """Of a row below the head."""
    return [cell.strip() for cell in table.splitlines()[2 + row].strip("|").split("|")]


def test_ratios_are_of_the_same_round() -> None:
    assert COMPARED.speed_ratios == pytest.approx((1.0, 2.5, 4.0))
    assert COMPARED.wall_ratios == pytest.approx((2.0, 3.0, 5.0))  # of the times of an epoch


def test_the_share_of_the_peak_counts_three_passes() -> None:
    assert COMPARED.share == pytest.approx(3 * 2e9 * 10 / 1.2e12)
    assert Compared("W1", ROUNDS, None, 1.2e12).share is None


@pytest.mark.parametrize(("goal", "told"), [(2.5, "2.5 met"), (3.0, "3 missed")])
def test_the_table_of_speed_says_whether_the_goal_was_met(
    goal: float, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(WORKLOADS, "W1", replace(WORKLOADS["W1"], goal=goal))
    row = cells(speed_table([COMPARED]))
    assert row[0] == "W1"
    assert row[2:] == ["keras_fit", "10", "5", "1.00", "2.50", "4.00", told, "5 %"]
    assert cells(speed_table([Compared("W1", ROUNDS, None, 1.0)]))[-1] == "-"


def test_the_table_of_whole_processes_has_medians_and_the_most_memory() -> None:
    assert cells(whole_table([COMPARED])) == ["W1", "10", "20", "4.0", "20.0", "2.00", "3.00", "5.00", "300", "900"]


def test_accuracies_are_in_percent() -> None:
    assert cells(accuracy_table([COMPARED])) == ["W1", "90.00 81.23", "90.00 81.23"]


def test_equivalence_is_told_in_points() -> None:
    tested = Equivalence(-0.001, -0.0042, 0.0022, 0.03, 0.005, 0.02)
    scores = (0.9, 0.81234)
    table = equal_table({"W1": (scores, scores, tested), "W2": (scores, scores, None)})
    assert cells(table)[:4] == ["W1", "2", "85.62 (6.20)", "85.62 (6.20)"]  # of 90.00 and 81.234
    assert cells(table)[4:] == ["-0.10", "-0.42 to +0.22", "0.50", "0.030", "0.02", "not shown"]
    assert cells(table, 1)[4:] == ["-"] * 6
    assert cells(equal_table({"W1": ((0.9, 0.8, 0.7), scores, tested)}))[1] == "3, 2"
    assert "90 % interval" in table


def test_rows_of_other_workloads_stay() -> None:
    head = ["", "speed"]
    page = "\n\n".join(
        [
            "# Page",
            stamped(table(head, [["W1", "10"], ["W3", "30"], ["gone", "0"]]), "before"),
            stamped(table(["", "memory"], [["W2", "1"]]), "before"),
        ]
    )
    found = merged(stamped(table(head, [["W3", "33"], ["W2", "20"]]), "now"), page)
    assert found == "\n".join(
        [
            "|  | speed | measured |",
            "| --- | --- | --- |",
            "| W1 | 10 | before |",
            "| W2 | 20 | now |",
            "| W3 | 33 | now |",
        ]
    )
    assert merged(found, "") == found
    assert merged(found, found) == found
