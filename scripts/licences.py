"""Write docs/licences.md: every package that is installed with paribus, as its own metadata have it.

usage: licences.py
"""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "licences.md"
HEAD = """\
# Licences of what is installed with paribus

Written by `make licences` from the packages' own metadata: all that runs, the extras `interpret` and `tune` included,
in the tested versions, on Linux. paribus itself is Apache-2.0; the images that come with it, of Fashion-MNIST, are MIT.

| package | licence |
|---|---|
"""
_CLASSIFIER = "License :: "
_LONG = 60  # characters; more is a licence's whole text


def installed() -> dict[str, Distribution]:
    """All that pyproject.toml asks for, and what these need in turn, by normalized name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    asked = map(Requirement, [*project["dependencies"], *extras["interpret"], *extras["tune"]])
    left = [(needed.name, frozenset(needed.extras)) for needed in asked]
    found: dict[str, Distribution] = {}
    seen = set[tuple[str, frozenset[str]]]()
    while left:
        if (next_one := left.pop()) in seen:
            continue
        seen.add(next_one)
        name, chosen = next_one
        found[normalized(name)] = one = distribution(name)
        left += [(needed.name, frozenset(needed.extras)) for needed in needs(one, chosen)]
    return found


def needs(package: Distribution, extras: frozenset[str]) -> list[Requirement]:
    """What a package needs here, with these of its extras."""
    named = map(Requirement, package.requires or ())
    known = [{"extra": extra} for extra in extras | {""}]
    return [one for one in named if not one.marker or any(one.marker.evaluate(values) for values in known)]


def normalized(name: str) -> str:
    """A package's name as indices compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(of: Distribution) -> str:
    """Its SPDX expression, else its classifiers, else the short text that it gives."""
    about: Any = of.metadata
    if expression := about.get("License-Expression"):
        return expression
    named = [text.rpartition(" :: ")[2] for text in about.get_all("Classifier", []) if text.startswith(_CLASSIFIER)]
    told = (about.get("License") or "").strip().splitlines()
    short = told[0] if told and len(told[0]) <= _LONG else ""
    return ", ".join(name for name in named if name != "OSI Approved") or short or "unknown"


def rows() -> list[str]:
    """A row for each package."""
    return [f"| {name} | {licence(of)} |" for name, of in sorted(installed().items())]


if __name__ == "__main__":
    PAGE.write_text(HEAD + "\n".join(rows()) + "\n", encoding="utf-8")
