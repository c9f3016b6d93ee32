"""Other code has another hash, wherever it was written; the same code has the same in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from paribus.user_code import code_hash

SOURCE = """\
import json
from functools import lru_cache, partial

WIDTH = 4
UNUSED = 1
SIZES = {"deep": [8, 8], "kinds": {"a", "b", "c"}}

class Base:
    scale = 2.0

class Net(Base):
    def __init__(self, width): self.width = width * WIDTH
    def forward(self, x): return [self.helped(y) for y in x if y in {"one", "two", "three"}]
    @staticmethod
    def helped(y): return help_with(y)

def help_with(y): return json.dumps(y) if y else help_with(SIZES)

@lru_cache
def cached(n): return n + 1

def make(shape, outputs, *, width=8):
    return Net(width), SIZES, cached(3)

part = partial(make, width=3)
"""


def hash_of(source: str, name: str = "make") -> str:
    namespace: dict[str, Any] = {"__name__": "nets"}
    exec(source, namespace)
    return code_hash(namespace[name])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("width=8", "width=9"),
        ("*, width", "*, units"),
        ("WIDTH = 4", "WIDTH = 5"),
        ("[8, 8]", "[8, 16]"),
        ('"b", "c"}', '"b", "d"}'),
        ("scale = 2.0", "scale = 3.0"),
        ("width * WIDTH", "width + WIDTH"),
        ('"two"', '"zwei"'),
        ("json.dumps(y)", "json.loads(y)"),
        ("return n + 1", "return n + 2"),
        ("Net(Base)", "Net"),
    ],
)
def test_whatever_is_reached_counts(old: str, new: str) -> None:
    assert hash_of(SOURCE.replace(old, new)) != hash_of(SOURCE)


def test_what_is_not_reached_counts_not() -> None:
    changed = SOURCE.replace("UNUSED = 1", "UNUSED = 2  # a comment").replace("WIDTH = 4", "\nWIDTH = 4")
    assert hash_of(changed) == hash_of(SOURCE)


def test_closures_methods_and_partials_are_told_apart() -> None:
    def outer(width: int) -> Any:
        return lambda: width

    assert code_hash(outer(2)) == code_hash(outer(2)) != code_hash(outer(3))
    assert hash_of(SOURCE, "part") != hash_of(SOURCE.replace("width=3", "width=4"), "part")


def test_a_variable_without_a_value_and_a_function_that_calls_itself() -> None:
    def outer(is_set: bool) -> Any:
        def falls(n: int) -> int:
            return falls(n - 1) if n else later

        if is_set:
            later = 3
        return falls

    assert code_hash(outer(False)) == code_hash(outer(False)) != code_hash(outer(True))


def test_what_is_installed_counts_by_its_name() -> None:
    source = "import {0}\ndef make(): return {0}.{1}"
    assert hash_of(source.format("numpy", "zeros")) != hash_of(source.format("numpy", "ones"))
    assert hash_of(source.format("numpy", "zeros")) != hash_of(source.format("json", "zeros"))


def test_processes_agree() -> None:
    code = "from test_code_hash import SOURCE, hash_of; print(hash_of(SOURCE))"
    asked = [{**os.environ, "PYTHONHASHSEED": seed} for seed in ("1", "2")]
    here, command = Path(__file__).parent, [sys.executable, "-c", code]
    told = {subprocess.run(command, cwd=here, env=env, stdout=subprocess.PIPE, text=True).stdout for env in asked}
    assert told == {f"{hash_of(SOURCE)}\n"}
