"""What every peer is asked, and what it answers; each is a script, given JSON, that prints JSON."""

from __future__ import annotations

import json
import math
import sys
import time
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split


class Task:
    """What is to be trained.

    Attributes:
        data: preparation, as in a study file.
        baseline: recipe, as in a study file.
        study: the whole study file.
        facts: layers and counts, as paribus told them.
        arrays: x_train, y_train, x_test, y_test.
    """

    def __init__(self) -> None:
        asked = json.loads(sys.argv[1])
        self.study: dict[str, Any] = asked["study"]
        self.facts: dict[str, Any] = asked["facts"]
        self.data, self.baseline = self.study["data"], self.study["baseline"]
        self.seeds: list[int] = self.study["seeds"]
        with np.load(asked["arrays"], allow_pickle=False) as stored:
            self.arrays = {name: stored[name] for name in stored.files}

    def rate(self, epoch: int) -> float:
        """The learning rate of an epoch, counted from 0."""
        falling = (1 + math.cos(math.pi * epoch / self.baseline["epochs"])) / 2
        return self.baseline["optimizer"].get("lr", 0.001) * (falling if "schedule" in self.baseline else 1)

    def split(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of the training and the validation rows, stratified, of a stratified sample."""
        labels = self.arrays["y_train"]
        rows = np.arange(len(labels))
        if self.data.get("fraction", 1) < 1:
            rows, _ = train_test_split(rows, train_size=self.data["fraction"], stratify=labels, random_state=seed)
        train, validation = train_test_split(
            rows, test_size=self.data["validation"], stratify=labels[rows], random_state=seed
        )
        return train, validation


class Stopwatch:
    """Seconds between each `start` and its `stop`, in all."""

    def __init__(self) -> None:
        self._begun, self.time_s = 0.0, 0.0

    def start(self) -> None:
        """Go on."""
        self._begun = time.perf_counter()

    def stop(self) -> None:
        """Pause."""
        self.time_s += time.perf_counter() - self._begun


def answer(watch: Stopwatch, epochs: int, accuracy: list[float], parameters: int | None) -> None:
    """Print what came of it.

    Args:
        watch: over fits and evaluations.
        epochs: over all networks.
        accuracy: on the test rows, one a seed.
        parameters: trained ones of a network; None where networks differ.
    """
    values = {"train_s": watch.time_s, "epochs": epochs, "accuracy": accuracy, "parameters": parameters}
    print(json.dumps(values))
