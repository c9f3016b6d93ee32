"""What was worked out of a study's runs, kept for as long as it is worked out of the same."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from paribus.store.writing import written


def write_kept(home: Path, name: str, stamp: str, values: Any) -> None:
    """Write or replace `verdicts/NAME.json`: a line that vouches for stamp and values, then the values, which are JSON.

    Args:
        home: of the study.
        name: of the study.
        stamp: of all that they rest on.
        values: nan and infinity are told apart.

    Raises:
        StoreError: the disk is full, or the directory cannot be written.
    """
    content = json.dumps(values)
    with written(_path(home, name), durable=False) as path:
        path.write_text(f"{_seal(stamp, content)}\n{content}", encoding="utf-8")


def read_kept(home: Path, name: str, stamp: str) -> Any | None:
    """What `write_kept` wrote with this stamp; None if that was with another one, or is damaged, or never was."""
    try:
        seal, _, content = _path(home, name).read_text(encoding="utf-8").partition("\n")
    except (OSError, ValueError):
        return None
    return json.loads(content) if seal == _seal(stamp, content) else None


def _path(home: Path, name: str) -> Path:
    return home / "verdicts" / f"{name}.json"


def _seal(stamp: str, content: str) -> str:
    return hashlib.sha256(f"{stamp}\n{content}".encode()).hexdigest()
