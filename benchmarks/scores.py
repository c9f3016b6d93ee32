"""Test accuracies kept as they come, so that a comparison can be stopped, continued and enlarged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any


class Scores:
    """Those of one workload, by side and seed.

    Args:
        file: JSON, of all workloads; None keeps them in memory alone.
        name: of the workload.
        study: what is trained; scores of another, but for its seeds and the place of its data, are dropped.
        engine: that trains it, likewise.
    """

    def __init__(self, file: Path | None, name: str, study: Mapping[str, Any], engine: int) -> None:
        what = {key: study[key] for key in study if key != "seeds"}
        what["data"] = {key: value for key, value in study["data"].items() if key != "source"}
        digest = hashlib.sha256(json.dumps([what, engine], sort_keys=True).encode()).hexdigest()[:16]
        self._file, self._lock = file, Lock()
        self._all: dict[str, Any] = json.loads(file.read_text("utf-8")) if file and file.is_file() else {}
        if self._all.get(name, {}).get("study") != digest:
            self._all[name] = {"study": digest, "ours": {}, "peer": {}}
        self._own = self._all[name]

    def missing(self, side: str, seeds: Sequence[int]) -> list[int]:
        """The seeds without a score.

        Args:
            side: "ours" or "peer".
            seeds: that are wanted.
        """
        return [seed for seed in seeds if str(seed) not in self._own[side]]

    def of(self, side: str, seeds: Sequence[int]) -> tuple[float, ...]:
        """Scores of the seeds, none of which is missing."""
        return tuple(self._own[side][str(seed)] for seed in seeds)

    def add(self, side: str, seeds: Sequence[int], accuracies: Sequence[float]) -> None:
        """Keep further scores; threads may."""
        with self._lock:
            self._own[side].update(zip(map(str, seeds), accuracies, strict=True))
            if self._file:
                partial = self._file.with_suffix(".partial")
                partial.write_text(json.dumps(self._all, indent=1) + "\n", encoding="utf-8")
                partial.replace(self._file)
