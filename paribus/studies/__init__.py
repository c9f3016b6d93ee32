"""The studies that come with paribus, and the way from a name to a study file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from paribus.errors import SpecError, suggest
from paribus.spec.files import overridden, read_study


def built_in() -> dict[str, Path]:
    """The files of the built-in studies, by name."""
    return {path.stem: path for path in sorted(Path(__file__).parent.glob("*.yaml"))}


def find_study(name: str, settings: Iterable[str] = ()) -> tuple[dict[str, Any], Path]:
    """Read a built-in study or a study file, and lay settings over it.

    Args:
        name: a built-in study's, or the path of a YAML file.
        settings: `path=value` texts, see `overridden`.

    Returns:
        The unchecked values, and the folder that the study's files are relative to.

    Raises:
        SpecError: there is no such study, or it is no YAML mapping.
    """
    path = Path(os.path.expanduser(name))  # an unknown user stays in it, and is not found
    if not path.is_file() and path.suffix not in (".yaml", ".yml"):
        known = built_in()
        if name not in known:
            raise SpecError(f"No built-in study {name!r}, nor a file. {suggest(name, known)} A file ends in .yaml.")
        return overridden(read_study(known[name]), settings), Path.cwd()
    return overridden(read_study(path), settings), path.absolute().parent
