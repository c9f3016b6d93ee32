"""What follows a published method says which."""

from __future__ import annotations

import ast
import inspect
import re

import pytest
from house_sources import PACKAGE, tree

from paribus.spec.parts import parts

STATISTICS = sorted(file.name for file in (PACKAGE / "comparison/statistics").glob("[a-z]*.py"))
METHODS = {
    "comparison/factorial.py": ["effects", "interactions", "cells_at", "mean_scores"],
    "comparison/ladder.py": ["seeds_wanted"],
    "comparison/sources.py": ["source_spreads"],
    "comparison/verdicts.py": ["compare_in_looks", "compare_pairings"],
    "comparison/items/churn.py": ["churns"],
    "comparison/items/sample.py": ["over_test_items"],
    "evaluation/hardest.py": ["hardest_classes"],
    "evaluation/items.py": ["churn", "seed_churn"],
    "models/layers/activation.py": ["Dropout"],
    "models/layers/norm.py": ["BatchNorm"],
    "probing/embedding.py": ["embed"],
    "models/initial_weights.py": ["initialize"],
    "training/stopping.py": ["Watch"],
    "planning/streams.py": ["stream"],
}


def undocumented(file: str, names: list[str] | None) -> list[str]:
    body = [node for node in tree(PACKAGE / file).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    wanted = names or [node.name for node in body if isinstance(node, ast.FunctionDef) and node.name[0] != "_"]
    docs = {node.name: ast.get_docstring(node) or "" for node in body}
    assert wanted
    return [name for name in wanted if not re.search(r"^Source: \S", docs[name], re.MULTILINE)]


@pytest.mark.parametrize("name", STATISTICS)
def test_every_statistic_names_its_source(name: str) -> None:
    assert not undocumented(f"comparison/statistics/{name}", None)


@pytest.mark.parametrize("file", METHODS)
def test_every_method_names_its_source(file: str) -> None:
    assert not undocumented(file, METHODS[file])


def test_every_optimizer_names_its_source() -> None:
    found = {kind: inspect.getdoc(part.function) or "" for kind, part in parts("optimizer").items()}
    assert len(found) >= 4
    assert not [kind for kind, doc in found.items() if "\nSource: " not in doc]
