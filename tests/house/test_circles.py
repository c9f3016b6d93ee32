"""No file imports itself through others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from house_sources import FILES, PACKAGE, Function, tree


def module(file: Path) -> str:
    """The dotted name by which a file is imported."""
    return ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


NAMES = {module(file) for file in FILES}


def at_the_top(node: ast.AST) -> Iterator[ast.AST]:
    """What stands outside functions, under conditions such as `if TYPE_CHECKING` too."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, Function):
            yield child
            yield from at_the_top(child)


def imported(node: ast.AST) -> set[str]:
    """The package's files that a statement imports, as far as it names them."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names} & NAMES
    if isinstance(node, ast.ImportFrom) and node.module in NAMES:
        inside = {f"{node.module}.{alias.name}" for alias in node.names}
        return (inside & NAMES) | ({node.module} if inside - NAMES else set())
    return set()


def test_no_circle_of_imports_between_files_not_even_under_type_checking() -> None:
    """Imports inside functions, which run late, are left out."""
    graph = {module(file): {name for node in at_the_top(tree(file)) for name in imported(node)} for file in FILES}
    assert sum(map(len, graph.values())) > 500
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(" -> ".join(circle.args[1]))
