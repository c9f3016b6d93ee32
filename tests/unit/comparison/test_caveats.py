import pytest

from paribus.comparison.caveats import CAVEATS, caveat, late_best


def test_codes_are_stable() -> None:
    assert list(CAVEATS) == [f"C{number:02d}" for number in range(1, 14)]
    assert all("\n" not in line for line in CAVEATS.values())


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
