"""How scores are shown: shares as percent, losses as they are, with as many digits as the test set supports."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, isfinite, log10

from paribus.metric import metric_of

MISSING = "–"


@dataclass(frozen=True)
class Unit:
    """How values of one metric are written; `difference` is the unit of a difference of two."""

    scale: float
    suffix: str
    difference: str
    decimals: int

    def titled(self, title: str, joined: str = ", ") -> str:
        """A title of values with their unit behind it, if they have one."""
        return f"{title}{joined}{self.suffix}" if self.suffix else title

    @property
    def of_difference(self) -> Unit:
        """How differences of two means are written: they may be far smaller than what one test item changes."""
        return replace(self, suffix=self.difference, decimals=max(2, self.decimals))

    def show(self, value: float | None) -> str:
        """The value without its unit; a dash where there is none."""
        if value is None or not isfinite(value):
            return MISSING
        return f"{self.scale * value:.{self.decimals}f}".replace("-", "\N{MINUS SIGN}")

    def between(self, low: float, high: float) -> str:
        """Two ends without their unit; a dash where there are none."""
        return f"{self.show(low)} to {self.show(high)}" if isfinite(low) and isfinite(high) else MISSING


def unit_of(metric: str, num_items: int = 1_000) -> Unit:
    """The unit of a metric such as `accuracy` or `test_loss`.

    Args:
        metric: its name, with or without the part of the data it was measured on.
        num_items: test items; one of them is the smallest change of a share that can be seen.
    """
    entry = metric_of(metric)
    decimals = min(2, max(1, ceil(log10(max(num_items, 1))) - 2)) if entry.is_share else entry.decimals
    return Unit(entry.scale, entry.unit, entry.difference, decimals)


def number(value: object) -> str:
    """A number with five significant digits; anything else as it is."""
    return f"{value:.5g}" if isinstance(value, float) else str(value)
