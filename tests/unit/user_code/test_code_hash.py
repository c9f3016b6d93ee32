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


HOLDERS = """\
from functools import cached_property
from enum import Enum

class Meta(type):
    def made(cls): return 1

class Lazy(metaclass=Meta):
    __firstlineno__ = 1
    __static_attributes__ = ("width",)
    @cached_property
    def width(self): return 2

class Slotted:
    __slots__ = ("size", "unset")
    def __init__(self): self.size = 3
    def helped(self): return 4

class Sizes(dict):
    def helped(self): return 5

class Kind(Enum):
    SMALL = 6

def tried(a, b):
    try:
        a()
        b()
    except ValueError:
        pass

SLOTTED, SIZES, BOTH = Slotted(), Sizes(a=7), {Kind.SMALL: [Slotted()]}

def make(shape, outputs):
    return Lazy().width, SLOTTED.helped(), SIZES.helped(), tried, BOTH
"""
TENSORS = """\
import torch
from torch import nn

class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("shift", torch.zeros(()))
    def forward(self, x): return x + self.shift

def one(x): return x
def two(x): return CHOICES

MEAN, WRONG = torch.tensor([0.5, 2.0]), torch.ones(3, 2, dtype=torch.bfloat16).T
BASE = nn.Sequential(nn.BatchNorm1d(2), nn.ReLU(), Own())
SPARSE = torch.eye(3).to_sparse()
CHOICES = {one, two, "three"}

def make(shape, outputs):
    return MEAN, WRONG, BASE, SPARSE, CHOICES
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


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return 1", "return -1"),
        ("return 2", "return -2"),
        ("size = 3", "size = -3"),
        ("return 4", "return -4"),
        ("return 5", "return -5"),
        ("SMALL = 6", "SMALL = -6"),
        ("a=7", "a=-7"),
        (
            "        b()\n    except ValueError:\n        pass",
            "    except ValueError:\n        pass\n    else:\n        b()",
        ),
    ],
)
def test_what_objects_can_do_counts(old: str, new: str) -> None:
    assert old in HOLDERS
    assert hash_of(HOLDERS.replace(old, new)) != hash_of(HOLDERS)


def test_where_a_class_stands_counts_not() -> None:
    """From Python 3.13 on a class knows its line; here the source says it."""
    moved = HOLDERS.replace("__firstlineno__ = 1", "__firstlineno__ = 2").replace('("width",)', '("other",)')
    assert hash_of(moved) == hash_of(HOLDERS)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[0.5, 2.0]", "[0.5, 3.0]"),
        ("[0.5, 2.0]", "[[0.5], [2.0]]"),
        ("bfloat16", "float16"),
        ("BatchNorm1d(2)", "BatchNorm1d(2, eps=0.1)"),
        ("torch.zeros(())", "torch.ones(())"),
        ("x + self.shift", "x - self.shift"),
        ("torch.eye(3)", "(2 * torch.eye(3))"),
        ("one(x): return x", "one(x): return -x"),
    ],
)
def test_tensors_modules_and_members_of_sets_count(old: str, new: str) -> None:
    assert hash_of(TENSORS.replace(old, new)) != hash_of(TENSORS)


IMPORTS = """\
def make(shape, outputs):
    {0}
    from json import dumps
    from nowhere_at_all import nothing
    class Net:
        def forward(self): return {1}
    return Net
"""


@pytest.mark.parametrize(
    ("statement", "used"),
    [
        ("from inner_helpers.blocks import block", "block()"),
        ("from inner_helpers import blocks", "blocks.block()"),
        ("import inner_helpers.blocks", "inner_helpers.blocks.block()"),
        ("import inner_helpers.blocks as these", "these.block()"),
        ("from .blocks import block", "block()"),
    ],
)
def test_what_a_function_imports_counts(
    statement: str, used: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a file that was changed within a second looks the same
    (tmp_path / "inner_helpers").mkdir()
    (tmp_path / "inner_helpers" / "__init__.py").touch()
    source = IMPORTS.format(statement, used)
    namespace: dict[str, Any] = {"__name__": "inner_helpers.nets", "__package__": "inner_helpers"}
    exec(source, namespace)

    def hashed(value: int) -> str:
        (tmp_path / "inner_helpers" / "blocks.py").write_text(f"def block(): return {value}\n# {value}\n")
        for name in [name for name in sys.modules if name.startswith("inner_helpers")]:
            del sys.modules[name]
        return code_hash(namespace["make"])

    first = hashed(1)
    assert code_hash(namespace["make"]) == first  # now that all is imported
    assert first != hashed(2)
    assert first == hashed(1)


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


LIBRARY = """\
class Nameless: pass
Nameless.__module__ = None
def layer(): return Nameless, {}
"""


@pytest.mark.parametrize(
    ("folder", "listed_in", "counts"),
    [
        ("target", "inner_library-1.dist-info/RECORD", False),  # pip install --target, a folder that a .pth file names
        ("site-packages", "nothing", False),  # of the user, of the system below a virtual environment
        ("project", "inner_library.egg-info/SOURCES.txt", True),  # the user's own project, installed as it stands
        ("project", "nothing", True),
    ],
)
def test_what_is_installed_is_known_wherever_it_lies(
    folder: str, listed_in: str, counts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / folder
    (place / listed_in).parent.mkdir(parents=True)
    (place / listed_in).write_text("inner_library/__init__.py,,\n")
    (place / listed_in).with_name("METADATA").write_text("Metadata-Version: 2.1\nName: inner-library\nVersion: 1\n")
    (place / "inner_library").mkdir()
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def hashed(value: int) -> str:
        (place / "inner_library" / "__init__.py").write_text(LIBRARY.format(value) + f"# {value}\n")
        monkeypatch.delitem(sys.modules, "inner_library", raising=False)
        return hash_of("from inner_library import layer\ndef make(): return layer()\n")

    assert (hashed(1) != hashed(2)) is counts


@pytest.mark.parametrize("name", ["SOURCE", "HOLDERS", pytest.param("TENSORS", marks=pytest.mark.slow)])
def test_processes_agree(name: str) -> None:
    code = f"from test_code_hash import {name}, hash_of; print(hash_of({name}))"
    asked = [{**os.environ, "PYTHONHASHSEED": seed} for seed in ("1", "2")]
    here, command = Path(__file__).parent, [sys.executable, "-c", code]
    told = {subprocess.run(command, cwd=here, env=env, stdout=subprocess.PIPE, text=True).stdout for env in asked}
    assert told == {f"{hash_of(globals()[name])}\n"}
