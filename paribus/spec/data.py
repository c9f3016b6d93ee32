"""What a study says of its data."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from paribus.spec.base import Record, wrong

Scale = Literal["none", "unit", "standard", "per-feature", "l2-rows", "l2-columns"]


def _check_source(source: Any) -> Any:
    if not (isinstance(source, str) and source) and not callable(source):
        raise wrong(f"must be a registered name, a file or module:function, found {source!r}")
    return source


def _check_test(test: Any) -> Any:
    share = isinstance(test, int | float) and not isinstance(test, bool) and 0 < test < 1
    if not share and not isinstance(test, str):
        raise wrong(f"must be a share between 0 and 1 or the path of a CSV or Parquet file, found {test!r}")
    return test


def _check_image_size(size: Any) -> tuple[int, int] | None:
    """As (height, width)."""
    sides: Any = [size, size] if isinstance(size, int) else size
    if sides is None:
        return None
    pair = isinstance(sides, list | tuple) and len(sides) == 2  # pyright: ignore[reportUnknownArgumentType]
    if not pair or not all(isinstance(side, int) and not isinstance(side, bool) and side > 0 for side in sides):  # pyright: ignore[reportUnknownVariableType]
        raise wrong(f"must be a side or [height, width] in pixels, found {size!r}")
    return int(sides[0]), int(sides[1])  # pyright: ignore[reportUnknownArgumentType]


def _source_name(source: Any) -> str:
    return source if isinstance(source, str) else f"{source.__module__}:{source.__qualname__}"


Source = Annotated[
    Any, BeforeValidator(_check_source), PlainSerializer(_source_name), WithJsonSchema({"type": "string"})
]
Test = Annotated[
    Any, BeforeValidator(_check_test), WithJsonSchema({"type": ["number", "string"], "minimum": 0, "maximum": 1})
]
ImageSize = Annotated[
    Any,
    BeforeValidator(_check_image_size),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "null"},
                {"type": "integer", "minimum": 1},
                {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 2, "maxItems": 2},
            ]
        }
    ),
]


class Folds(Record):
    """Validation by folds: each training row validates once, and a seed's score is the mean over its folds."""

    folds: int = Field(ge=2, description="Number of stratified parts, each of which validates once.")
    fold: int | None = Field(default=None, ge=0, description="Only this fold, counted from 0; a run has one.")

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Folds:
        if self.fold is not None and self.fold >= self.folds:
            raise wrong(f"must be below folds = {self.folds}, found {self.fold}", "fold")
        return self


def _check_validation(value: Any) -> Any:
    if value == "test":
        return value
    if isinstance(value, dict | Folds):
        return Folds.model_validate(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1:
        return float(value)
    raise wrong(f"must be a share from 0 to below 1, {{folds: 5}} or test, found {value!r}")


Validation = Annotated[
    Any,
    BeforeValidator(_check_validation),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
                {"const": "test"},
                {"type": "object", "properties": {"folds": {"type": "integer", "minimum": 2}}, "required": ["folds"]},
            ]
        }
    ),
]


class Preparation(Record):
    """How a run's rows are chosen and scaled; part of its recipe."""

    scale: Scale = Field(default="standard", description="How features are scaled, fitted on training rows.")
    fraction: float = Field(default=1.0, gt=0, le=1, description="Class-wise sample of the training part.")
    validation: Validation = Field(
        default=0.1, description="Stratified share of the training part, {folds: 5}, or `test`: the test set chooses."
    )

    @property
    def held_out(self) -> float:
        """Share of the training rows that validate."""
        if isinstance(self.validation, Folds):
            return 1 / self.validation.folds
        return 0.0 if self.validation == "test" else float(self.validation)

    @property
    def validates(self) -> bool:
        """Whether there are validation rows, be they the test set's."""
        return self.validation == "test" or self.held_out > 0


class DataSpec(Preparation):
    """Where the data come from, and their preparation."""

    source: Source = Field(
        description="Registered name, table or NPZ file, image folder, or module:function (in Python: a callable)."
    )
    label: str = Field(default="label", description="Tables only: the column that holds the class.")
    test: Test = Field(
        default=0.2,
        description="For a source without a test set: the stratified share held out, or another table file.",
    )
    image_size: ImageSize = Field(
        default=None, description="Image folders only: side, or [height, width], in pixels that images are resized to."
    )

    def preparation(self) -> Preparation:
        """The part of it that a recipe carries."""
        return Preparation(scale=self.scale, fraction=self.fraction, validation=self.validation)
