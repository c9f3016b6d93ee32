"""Files, functions and folders stay small."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

from house_sources import FILES, PACKAGE, code_lines, functions, named


def test_the_count_leaves_out_blanks_comments_and_docstrings() -> None:
    text = '"""Of the\nmodule."""\n\nx = (  # code\n    1,\n)\n\n# a comment\n'
    text += 'def f():\n    """Doc."""\n    return """two\nlines"""\n'
    assert code_lines(text) == {4, 5, 6, 9, 11, 12}


def test_no_file_has_more_than_300_code_lines() -> None:
    sizes = {named(file): len(code_lines(file.read_text(encoding="utf-8"))) for file in FILES}
    assert not {name: size for name, size in sizes.items() if size > 300}


def test_no_function_has_more_than_40_code_lines() -> None:
    sizes = {}
    for file in FILES:
        lines = code_lines(file.read_text(encoding="utf-8"))
        for node in functions(file):
            sizes[f"{named(file)}:{node.name}"] = len(lines & set(range(node.lineno, (node.end_lineno or 0) + 1)))
    assert len(sizes) > 200
    assert not {name: size for name, size in sizes.items() if size > 40}


def test_no_folder_has_more_than_12_files() -> None:
    """Every file counts, `__init__.py` too, but for those that only add one to a list of their kind.

    These are files that register a part (`@part(...)` on a function), and figures, verbs and metrics: the files below
    `report/figures`, `cli/verbs` and `metric/scores` but `__init__.py`.
    """
    counts = Counter(file.parent for file in FILES if not _is_one_of_a_kind(file))
    assert not {str(folder): n for folder, n in counts.items() if n > 12}


def _is_one_of_a_kind(file: Path) -> bool:
    listed = [PACKAGE / folder for folder in ("report/figures", "cli/verbs", "metric/scores")]
    if file.name != "__init__.py" and any(folder in file.parents for folder in listed):
        return True
    decorators = [decorator for node in functions(file) for decorator in node.decorator_list]
    return any(
        isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id == "part" for one in decorators
    )


def test_the_conductor_is_under_150_lines() -> None:
    assert len((PACKAGE / "study.py").read_text(encoding="utf-8").splitlines()) < 150
