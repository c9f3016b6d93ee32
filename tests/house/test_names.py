"""A name means one thing: a stranger who has met it in one room knows it in the next."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

from house_sources import FILES, PACKAGE, named, tree

ONE_OF_A_KIND = (PACKAGE / "report" / "figures", PACKAGE / "cli" / "verbs")
OF_FIGURES = {"frame", "draw", "FIGURE"}


def public_names(file: Path) -> list[str]:
    """Public functions and classes of a file but for registered parts, whose names are those of study files."""
    if any(folder in file.parents for folder in ONE_OF_A_KIND):
        return []
    nodes = [node for node in tree(file).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return [node.name for node in nodes if node.name[0] != "_" and not _is_part(node)]


def _is_part(node: ast.FunctionDef | ast.ClassDef) -> bool:
    calls = [decorator.func for decorator in node.decorator_list if isinstance(decorator, ast.Call)]
    return any(isinstance(function, ast.Name) and function.id == "part" for function in calls)


def test_no_public_name_is_defined_in_more_than_two_rooms() -> None:
    places: dict[str, list[Path]] = defaultdict(list)
    for file in FILES:
        for name in set(public_names(file)) - OF_FIGURES:
            places[name].append(file)
    assert len(places) > 300
    rooms = {name: {file.parent for file in files} for name, files in places.items()}
    assert not {name: list(map(named, places[name])) for name, folders in rooms.items() if len(folders) > 2}


def test_the_glossary_names_places_that_define_its_words() -> None:
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    lines = text.partition("## Words")[2].partition("\n## ")[0].splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")][1:]
    places = {word: re.findall(r"`([^`]+)`", place) for word, _, place in rows}
    assert len(places) > 40
    assert all(places.values())
    assert not [path for paths in places.values() for path in paths if not (PACKAGE.parent / path).exists()]
