"""What must not stand in the package."""

from __future__ import annotations

import ast
import re

from house_sources import FILES, PACKAGE, functions, named, tree

MACHINE = re.compile(r"(?<![\w.])/(work|root)\b")
TEXT = {".py", ".yaml", ".html", ".css", ".js", ".mako", ".md"}


def test_no_file_is_called_utils() -> None:
    assert not [named(file) for file in FILES if file.stem in ("utils", "util", "helpers", "misc")]


def test_no_public_function_takes_any_keyword() -> None:
    found = [(named(f), node.name) for f in FILES for node in functions(f) if node.args.kwarg]
    assert not [place for place in found if not place[1].startswith("_")]


def test_nothing_prints_past_the_terminal_library() -> None:
    calls = [(named(f), node) for f in FILES for node in ast.walk(tree(f)) if isinstance(node, ast.Call)]
    assert not [name for name, call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]


def test_no_path_of_a_machine_is_written_down() -> None:
    texts = [file for file in PACKAGE.rglob("*") if file.suffix in TEXT]
    assert len(texts) > len(FILES)
    assert not [str(file) for file in texts if MACHINE.search(file.read_text(encoding="utf-8"))]


def test_no_global_random_generator() -> None:
    drawn = re.compile(
        r"np\.random\.(seed|rand|randn|randint|random|choice|shuffle|permutation|normal|uniform)\(|torch\.manual_seed|"
        r"default_rng\(\)|^import random|torch\.rand(n|int|perm)?\((?!.*generator=)",
        re.MULTILINE,
    )
    assert not [named(file) for file in FILES if drawn.search(file.read_text(encoding="utf-8"))]


def test_no_console_reads_markup() -> None:
    """A name with brackets would vanish, or end in an error; styles are `rich.text.Text` or `style=`."""
    calls = [(named(f), n) for f in FILES for n in ast.walk(tree(f)) if isinstance(n, ast.Call)]
    made = [(name, ast.unparse(call)) for name, call in calls if ast.unparse(call.func) == "Console"]
    assert len(made) > 2
    assert not [place for place in made if "markup=False" not in place[1]]
    assert not [named(file) for file in FILES if "rich.markup" in file.read_text(encoding="utf-8")]
