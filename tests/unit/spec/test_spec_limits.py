"""A study file from anybody: a few lines that would take the memory or minutes are refused with a number, at once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from paribus import SpecError, Study
from paribus.errors import LONGEST, ParibusError, printable
from paribus.spec.files import parse_yaml, read_study

HEAD = "name: a\ndata: {source: digits}\n"
NINE = ", ".join
LAUGHS = "x0: &a0 [1, 2, 3]\n" + "".join(f"x{n}: &a{n} [{NINE([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
MERGES = "x0: &a0 {b: 1, c: 2}\n" + "".join(f"x{n}: &a{n} {{<<: [{NINE([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 10))
CROSSED = "".join(
    f"  f{n}: {{vary: {path}, levels: {list(range(1, 31))}}}\n"
    for n, path in enumerate(("model.width", "model.depth", "batch_size", "epochs", "early_stopping.patience"))
)
FILES = {
    "aliases of aliases": (LAUGHS, "aliases make 2,125,763 characters of a file of .*Allowed: 2"),
    "merged aliases": (MERGES, "aliases make .* characters of a file of .*Allowed: 2"),
    "an alias within its own anchor": ("x: &a [1, *a]", "line 1: an alias stands within its own anchor"),
    "nested lists": ("x: " + "[" * 3_000 + "]" * 3_000, "line 1: nested deeper than 50 levels"),
    "nested mappings": ("x: " + "{y: " * 60 + "1" + "}" * 60, "line 1: nested deeper than 50 levels"),
    "digits": (
        f"{HEAD}baseline: {{epochs: {'9' * 4_000}}}",
        "baseline.epochs: must be at most 9223372036854775807, found a",
    ),
    "more digits": (f"{HEAD}baseline: {{epochs: {'9' * 5_000}}}", "not valid YAML: Exceeds the limit"),
    "a large file": (f"{HEAD}question: {'x' * 300_000}", "it has 300,0.. bytes, and a study file at most 262,144"),
    "seeds": (f"{HEAD}seeds: 999999", "seeds: must be at most 10000, found 999999"),
    "listed seeds": (f"{HEAD}seeds: {list(range(10_001))}", "seeds: must be at most 10000, found 10001"),
    "levels": (
        f"{HEAD}factors: {{f: {{vary: epochs, levels: {list(range(1, 1_002))}}}}}",
        "must be at most 1,000, found 1,001",
    ),
    "variants": (f"{HEAD}design: factorial\nfactors:\n{CROSSED}", "factors: at most 2,000 variants, found 24,300,000"),
    "runs": (
        f"{HEAD}seeds: 10000\nfactors:\n  f: {{vary: epochs, levels: {list(range(1, 31))}}}\n",
        "at most 200,000 runs, found 300,000",
    ),
    "depth": (
        f"{HEAD}baseline: {{model: {{kind: mlp, depth: 1000000}}}}",
        "baseline.model.depth: must be .* 1000, found 1000000",
    ),
    "width": (
        f"{HEAD}baseline: {{model: {{kind: mlp, width: 200000, depth: 9}}}}",
        "320,158,..._... parameters|parameters take",
    ),
    "half a character": (
        f'{HEAD}question: "\\ud800"',
        r"question: must be text that can be printed, found '\\\\ud800'",
    ),
    "a terminal's command": (
        f'{HEAD}question: "a\\e[2J"',
        r"question: must be text that can be printed, found 'a\\\\x1b\[2J'",
    ),
    "the same in a key": (f'{HEAD}factors: {{"a\\e": 1}}', "must be text that can be printed"),
    "a long name": (f"name: {'a' * 91}\ndata: {{source: digits}}", "name: must have at most 90 characters"),
    "a kind that is a list": (
        f"{HEAD}baseline: {{model: {{kind: [mlp]}}}}",
        r"must name a known model, found \['mlp'\]",
    ),
    "a source of the system": ("name: a\ndata: {source: /proc}", "/proc"),
}


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What a plan imports when it is first asked for takes its own time."""
    Study(name="a", data={"source": "digits"}).plan(tmp_path_factory.mktemp("home"))


@pytest.mark.usefixtures("imported")
@pytest.mark.parametrize("case", FILES)
def test_what_no_study_needs_is_refused_at_once(case: str, tmp_path: Path) -> None:
    text, words = FILES[case]
    (tmp_path / "a.yaml").write_text(text)
    began = time.process_time()
    with pytest.raises(ParibusError, match=words) as told:
        Study.open(str(tmp_path / "a.yaml")).plan(tmp_path / "home")
    assert time.process_time() - began < 2
    assert len(str(told.value)) <= LONGEST


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="it is no regular file"):
        read_study(Path("/dev/zero"))


def test_what_is_allowed_passes() -> None:
    assert parse_yaml("a: &x {b: [1]}\nc: *x\nd: {<<: *x, e: 2}") == {
        "a": {"b": [1]},
        "c": {"b": [1]},
        "d": {"b": [1], "e": 2},
    }
    assert len(parse_yaml("x: [" + "1," * 10_000 + "]")["x"]) == 10_000
    study = Study(name="a", data={"source": "digits"}, question="Größe\n\tx \N{GRINNING FACE}", seeds=10_000)
    assert len(study.all_seeds) == 10_000


def test_a_value_that_holds_itself_is_refused_in_python_too() -> None:
    endless: list[Any] = [1]
    endless.append(endless)
    with pytest.raises(SpecError, match=r"factors.f.levels\[1\].*nested deeper than 50 levels"):
        Study(name="a", data={"source": "digits"}, factors={"f": {"vary": "epochs", "levels": endless}})


def test_a_long_message_is_shortened_in_the_middle_and_printable() -> None:
    text = str(ParibusError("a" * 20_000 + "\x1b[2J\ud800" + "b" * 4_000))
    assert (len(text) <= LONGEST, text[:3], text[-3:], "[... 14,105 characters ...]" in text) == (
        True,
        "aaa",
        "bbb",
        True,
    )
    assert str(ParibusError(text)) == text
    assert printable("\x1b[2J\ud800\n\tä") == "\\x1b[2J\\ud800\n\tä"
