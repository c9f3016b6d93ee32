"""What a worker is given: plain values that can be sent to another process."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paribus.store.checksums import read_sealed


@dataclass(frozen=True)
class RunTask:
    """One run of a cohort, or some of its epochs.

    Args:
        key: of the run.
        seed: of the run.
        recipe: as JSON values.
        start: folder of a stored run that came as far by the same way, from which this one goes on.
        begun: epochs that were done before, by that run or until a kill.
        time_s: what the epochs asked for here are expected to take one thread.
        after: the epochs that another job does before.
        until: the epochs after which another job goes on; None if the run is trained to its end.
    """

    key: str
    seed: int
    recipe: dict[str, Any]
    start: Path | None = None
    begun: int = 0
    time_s: float = 0.0
    after: int = 0
    until: int | None = None

    @property
    def epochs(self) -> int:
        """At most, those of its beginning included."""
        return self.recipe["epochs"]


@dataclass(frozen=True)
class OwnCode:
    """A user's function for a worker.

    Args:
        kind: the part's name.
        code: hash of what it computes with.
        function: pickled by name where it can be imported from `folder`, else as it is.
        folder: of the study file.
    """

    kind: str
    code: str
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
        checkpoints: folder for what runs go on from after a kill; nothing is written without it.
        checkpoint_s: seconds between checkpoints, at the ends of epochs.
    """

    runs: tuple[RunTask, ...]
    data: Path
    num_classes: int
    item_shape: tuple[int, ...]
    own: OwnCode | None = None
    checkpoints: Path | None = None
    checkpoint_s: float = 20.0

    @property
    def time_s(self) -> float:
        """What it is expected to take one thread."""
        return sum(run.time_s for run in self.runs)


def checkpoint_of(folder: Path, key: str) -> Path:
    """The file that the run of this key goes on from after a kill."""
    return folder / f"{key}.safetensors"


def read_checkpoint(path: Path) -> tuple[dict[str, str], bytes]:
    """What the header of a run's checkpoint says beside its tensors, and the whole content.

    Raises:
        DamagedError: it is damaged or missing.
    """
    content = read_sealed(path)
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return header["__metadata__"], content


def board_rows(jobs: Iterable[Job]) -> dict[str, int]:
    """The row of each run, by its key, on the progress board of these jobs."""
    keys = dict.fromkeys(run.key for job in jobs for run in job.runs)
    return {key: row for row, key in enumerate(keys)}
