"""What the outcome of a study rests on, as one hash: while that is the same, so is the outcome."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from paribus.environment import environment, program
from paribus.planning.plan import canonical
from paribus.store.tables import RunRow


def stamp_of(record: Mapping[str, Any], rows: Mapping[str, RunRow]) -> str:
    """A hash of a study, its stored runs, this program, the libraries that it computes with, and the machine.

    Args:
        record: of the study, as the store keeps it.
        rows: its stored runs by key; a run that is there stays as it is, but one that failed may be trained anew.
    """
    found = [(key, rows[key].status, rows[key].created.isoformat()) for key in sorted(rows)]
    return hashlib.sha256(canonical([record, found, environment(), program()]).encode()).hexdigest()
