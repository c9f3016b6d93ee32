"""What tables and verdicts ask of a stored recipe, and the types that stored values are checked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, Strict, StringConstraints

from paribus.metric import find_metric

Hash = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Text = Annotated[str, StringConstraints(max_length=1_000_000)]
"""A text that UTF-8 can write, which pydantic checks only of one with a constraint."""
Whole = Annotated[int, Strict()]
Count = Annotated[Whole, Field(ge=0, le=2**63 - 1)]
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
"""A number that JSON can write."""
Epochs = Annotated[str, StringConstraints(pattern=r"^\d{1,9}$")]


def _metric(name: str) -> str:
    if not find_metric(name):
        raise ValueError("no metric has this name")
    return name


def _score(name: str) -> str:
    return f"val_{_metric(name.removeprefix('val_'))}"


_Name = Annotated[str, StringConstraints(max_length=1_000)]
MetricName = Annotated[_Name, AfterValidator(_metric)]
ScoreName = Annotated[_Name, StringConstraints(pattern="^val_"), AfterValidator(_score)]
Truth = Annotated[bool, Strict()]
Validation = Number | Literal["test"] | dict[str, Count | Number | None]
"""A share of the training rows, `test` where the test rows validate, `folds` and `fold`, or the share `last`."""


@dataclass(frozen=True)
class PreparationFacts:
    """What tables and verdicts ask of a recipe's data: which rows validate."""

    validation: Validation


@dataclass(frozen=True)
class RecipeFacts:
    """What tables and verdicts ask of a resolved recipe.

    Args:
        data: how they are prepared.
        epochs: that the recipe trains at most.
        monitor: what chooses the best epoch; None in records that older versions wrote, as `keep`.
        keep: which epoch's weights are kept.
        vary_only: sources of randomness that differ from seed to seed; None where all do.
    """

    data: PreparationFacts
    epochs: Count
    monitor: str | None = None
    keep: str | None = None
    vary_only: Annotated[tuple[str, ...], Field(min_length=1)] | None = None

    @property
    def test_validates(self) -> bool:
        """Whether the test rows choose epochs, so that test scores are too good."""
        return self.data.validation == "test"

    @property
    def best_epoch_is_validated(self) -> bool:
        """Whether validation rows choose the best epoch; by the training loss it is nearly always the last."""
        return bool(self.data.validation) and self.monitor != "train_loss"
