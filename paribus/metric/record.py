"""A metric as a record: its words, its unit, which direction is better, how it is written, and how it is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Metric:
    """A score of predictions.

    Args:
        name: as study files and stored runs have it.
        words: as a reader would say it.
        higher_is_better: False for a loss.
        scale: what a stored value is multiplied by to be shown: 100 for shares.
        unit: of a value; empty without one.
        difference: unit of a difference of two values.
        decimals: of a value where nothing else decides.
        stored: whether every run stores it, at its end and in its history; others are computed when a study asks.
        from_counts: computes it from counts, shape (class, class), true classes in rows; None if they do not suffice.
        from_probabilities: computes it from true classes, shape (row,), and probabilities, shape (row, class); None
            where counts suffice. Neither is there for a user's own metric whose code is not here.
        at: for a metric whose name ends in a number, the same with another number.
    """

    name: str
    words: str
    higher_is_better: bool = True
    scale: float = 1.0
    unit: str = ""
    difference: str = ""
    decimals: int = 4
    stored: bool = False
    from_counts: Callable[[np.ndarray], float] | None = None
    from_probabilities: Callable[[np.ndarray, np.ndarray], float] | None = None
    at: Callable[[int], Metric] | None = None

    @property
    def is_share(self) -> bool:
        """Whether it is a share from 0 to 1, shown in percent, its differences in points."""
        return self.unit == "%"

    @property
    def is_own(self) -> bool:
        """Whether it is a function of the user's own."""
        return ":" in self.name

    @property
    def is_computable(self) -> bool:
        """Whether its computation is here, which that of a user's own may not be."""
        return bool(self.from_counts or self.from_probabilities)

    @property
    def sign(self) -> float:
        """What turns a difference into a gain: 1, or -1 for a loss."""
        return 1.0 if self.higher_is_better else -1.0

    def headed(self, title: str) -> str:
        """A title of values with their unit."""
        return f"{title} ({self.unit})" if self.unit else title

    def headed_difference(self, title: str) -> str:
        """A title of differences with their unit."""
        return f"{title} ({self.difference})" if self.difference else title

    def number(self, value: float) -> str:
        """The value without its unit."""
        return f"{self.scale * value:.{self.decimals}f}"

    def signed(self, difference: float) -> str:
        """A difference with its sign, without its unit."""
        return f"{self.scale * difference:+.{self.decimals}f}"

    def amount(self, value: float) -> str:
        """The value with its unit."""
        return f"{self.number(value)} {self.unit}".rstrip()

    def size(self, difference: float) -> str:
        """A difference with its unit."""
        return f"{self.number(difference)} {self.difference}".rstrip()


def in_percent(metric: Metric) -> Metric:
    """A metric that is a share from 0 to 1: shown in percent, its differences in points."""
    return replace(metric, scale=100.0, unit="%", difference="points", decimals=2)
