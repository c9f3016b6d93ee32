"""What a worker is given: plain values that can be sent to another process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class RunTask:
    """One run of a cohort: its key, its seed and its recipe as JSON values.

    `start` is the folder of a stored run that came as far by the same way, from which this one goes on.
    """

    key: str
    seed: int
    recipe: dict[str, Any]
    start: Path | None = None


@dataclass(frozen=True)
class OwnCode:
    """A user's function for a worker: pickled by name where it can be imported from `folder`, else as it is."""

    function: bytes
    folder: Path


@dataclass(frozen=True)
class Job:
    """One cohort.

    Args:
        runs: its runs.
        data: folder that holds the prepared data as `.npy` files.
        num_classes: of the data.
        item_shape: of the data's items.
        own: the user's own model, if the runs have one.
        checkpoint: file to go on from after a kill; none is written without it.
        checkpoint_s: seconds between checkpoints, at the ends of epochs.
    """

    runs: tuple[RunTask, ...]
    data: Path
    num_classes: int
    item_shape: tuple[int, ...]
    own: OwnCode | None = None
    checkpoint: Path | None = None
    checkpoint_s: float = 20.0
