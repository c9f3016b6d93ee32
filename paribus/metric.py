"""What a score is: its words, its unit, which direction is better, and how it is written. One table for all who ask."""

from __future__ import annotations

from dataclasses import dataclass

PARTS = {"train": "train", "val": "validation", "test": "test"}
"""Parts of the data that a score is measured on, as they stand before its name and in words."""


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
    """

    name: str
    words: str
    higher_is_better: bool = True
    scale: float = 1.0
    unit: str = ""
    difference: str = ""
    decimals: int = 4

    @property
    def is_share(self) -> bool:
        """Whether it is a share from 0 to 1, shown in percent, its differences in points."""
        return self.unit == "%"

    @property
    def sign(self) -> float:
        """What turns a difference into a gain: 1, or -1 for a loss."""
        return 1.0 if self.higher_is_better else -1.0

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


def _share(name: str, words: str) -> Metric:
    return Metric(name, words, scale=100.0, unit="%", difference="points", decimals=2)


METRICS = {
    metric.name: metric
    for metric in (
        _share("accuracy", "accuracy"),
        Metric("loss", "loss", higher_is_better=False, unit="nats", difference="nats"),
        _share("f1_macro", "macro F1"),
        _share("f1_weighted", "weighted F1"),
    )
}
"""Every metric by name."""


def metric_of(score: str) -> Metric:
    """The metric of a score such as `accuracy` or `val_accuracy`; for a name that is not known, a plain number."""
    part, _, name = score.partition("_")
    name = name if part in PARTS and name else score
    return METRICS.get(name) or Metric(name, name.replace("_", " "))


def metric_name(score: str) -> str:
    """`test_f1_macro` as a reader would say it: test macro F1."""
    part, _, rest = score.partition("_")
    return f"{PARTS[part]} {metric_of(rest).words}" if part in PARTS and rest else metric_of(score).words
