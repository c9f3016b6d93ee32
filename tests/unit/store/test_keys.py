"""What comes from a database names a file only if paribus would have written it there."""

from __future__ import annotations

from pathlib import Path

import pytest

from paribus.data.prepared import prepared
from paribus.errors import StoreError
from paribus.store.artifacts import read_probe, run_folder, write_probe
from paribus.store.keys import checked_name
from tests.made_up import study_of

ODD = ["../" * 9 + "etc", "a" * 63, "a" * 65, "A" * 64, "a" * 63 + "\n", "a" * 64 + "\n", "", None, 7, "/" + "a" * 63]


@pytest.mark.parametrize("key", ODD, ids=repr)
def test_a_key_is_64_hexadecimal_digits(tmp_path: Path, key: str) -> None:
    facts = study_of({"dataset": {"fingerprint": key}}).data
    for use in (
        lambda: run_folder(tmp_path, key),
        lambda: read_probe(tmp_path, key),
        lambda: write_probe(tmp_path, key, {}),
        lambda: prepared(tmp_path, facts),
    ):
        with pytest.raises(StoreError, match="must be 64 hexadecimal digits, found"):
            use()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["../a", "a/b", "a.b.c", ".a", "a.", "a\n", "", None, "a\0"], ids=repr)
def test_a_name_is_letters_and_digits(name: str) -> None:
    with pytest.raises(StoreError, match="A study's name must be letters, digits"):
        checked_name(name)


def test_what_is_allowed_passes() -> None:
    assert run_folder(Path("home"), "ab" * 32) == Path("home/runs/ab") / ("ab" * 32)
    assert [checked_name(name) for name in ("a", "2024", "a-b_C.data-1")] == ["a", "2024", "a-b_C.data-1"]
