"""The public names, frozen: adding one is a decision, removing one breaks somebody."""

from __future__ import annotations

import pytest

import paribus

PUBLIC = [
    "DataError",
    "Dataset",
    "ParibusError",
    "Result",
    "RunError",
    "SpecError",
    "StoreError",
    "Study",
    "load",
]


def test_the_export_list_is_frozen() -> None:
    assert paribus.__all__ == PUBLIC
    assert dir(paribus) == sorted([*PUBLIC, "__version__"])


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(paribus, name).__name__ == name
    assert getattr(paribus, name).__doc__


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="'paribus' has no attribute 'Studdy'"):
        _ = paribus.Studdy
