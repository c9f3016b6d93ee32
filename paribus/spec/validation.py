"""Which rows validate: a share of the training part, its last rows, folds of it, or the test set."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from paribus.spec.base import Record, wrong


class Folds(Record):
    """Validation by folds: each training row validates once, and a seed's score is the mean over its folds."""

    folds: int = Field(ge=2, le=1_000, description="Number of stratified parts, each of which validates once.")
    fold: int | None = Field(default=None, ge=0, description="Only this fold, counted from 0; a run has one.")

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Folds:
        if self.fold is not None and self.fold >= self.folds:
            raise wrong(f"must be below folds = {self.folds}, found {self.fold}", "fold")
        return self


class Last(Record):
    """Validation by the last rows in the order of the data, the same ones for every seed.

    Source: `validation_split` of Keras' `fit`, which trains on the first floor(rows * (1 - share)).
    """

    last: float = Field(gt=0, lt=1, description="Share of the training rows, in their order, that validates.")


def _check_validation(value: Any) -> Any:
    if value == "test":
        return value
    if isinstance(value, Last) or (isinstance(value, dict) and "last" in value):
        return Last.model_validate(value)
    if isinstance(value, dict | Folds):
        return Folds.model_validate(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1:
        return float(value)
    raise wrong(f"must be a share from 0 to below 1, {{folds: 5}}, {{last: 0.2}} or test, found {value!r}")


Validation = Annotated[
    Annotated[float, Field(ge=0, lt=1)] | Literal["test"] | Folds | Last,
    BeforeValidator(_check_validation),
]
