"""Write docs/licences.md: every package that is installed with paribus, as its own metadata have it.

usage: licences.py
"""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

PAGE = Path(__file__).parents[1] / "docs" / "licences.md"
HEAD = """\
# Licences of what is installed with paribus

Written by `make licences` from the packages' own metadata: all that runs, the extras `interpret` and `tune` included,
in the tested versions, on Linux. paribus itself is Apache-2.0; the images that come with it, of Fashion-MNIST, are MIT.

| package | licence |
|---|---|
"""
_CLASSIFIER = "License :: "
_LONG = 60  # characters; more is a licence's whole text


def installed(name: str, extras: frozenset[str] = frozenset(), seen: set[str] | None = None) -> dict[str, Distribution]:
    """A package and all that it needs here, by normalized name."""
    seen = set() if seen is None else seen
    found = {normalized(name): distribution(name)}
    for text in found[normalized(name)].requires or ():
        needed = Requirement(text)
        applies = not needed.marker or any(needed.marker.evaluate({"extra": extra}) for extra in extras or {""})
        key = f"{normalized(needed.name)}{sorted(needed.extras)}"
        if applies and key not in seen:
            seen.add(key)
            found |= installed(needed.name, frozenset(needed.extras), seen)
    return found


def normalized(name: str) -> str:
    """A package's name as indices compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(of: Distribution) -> str:
    """Its SPDX expression, else its classifiers, else the short text that it gives."""
    if expression := of.metadata.get("License-Expression"):
        return expression
    named = [
        text.rpartition(" :: ")[2] for text in of.metadata.get_all("Classifier", []) if text.startswith(_CLASSIFIER)
    ]
    told = (of.metadata.get("License") or "").strip().splitlines()
    short = told[0] if told and len(told[0]) <= _LONG else ""
    return ", ".join(name for name in named if name != "OSI Approved") or short or "unknown"


def rows() -> list[str]:
    """A row for each package but paribus."""
    found = installed("paribus", frozenset({"interpret", "tune"}))
    return [f"| {name} | {licence(of)} |" for name, of in sorted(found.items()) if name != "paribus"]


if __name__ == "__main__":
    PAGE.write_text(HEAD + "\n".join(rows()) + "\n", encoding="utf-8")
