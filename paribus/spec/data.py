"""The data of a study: source, preparation, split."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Annotated, Any, Literal, Self, cast

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    WithJsonSchema,
    model_serializer,
    model_validator,
)

from paribus.errors import SpecError
from paribus.spec.base import LONGEST_NAME, Record, wrong
from paribus.spec.validation import Folds, Last, Validation
from paribus.user_code import name_of

Scale = Literal["none", "unit", "standard", "per-feature", "l2-rows", "l2-columns", "image-columns"]


def _check_source(source: Any) -> Any:
    if not (isinstance(source, str) and source) and not callable(source):
        raise wrong(f"must be a registered name, a file or module:function, found {source!r}")
    if callable(source) and not hasattr(source, "__qualname__"):
        raise wrong(f"must have a name, found {source!r}; write a function with `def` that calls it")
    return source


def _check_test(test: Any) -> Any:
    share = isinstance(test, int | float) and not isinstance(test, bool) and 0 < test < 1
    if not share and not isinstance(test, str):
        raise wrong(f"must be a share between 0 and 1 or the path of a CSV or Parquet file, found {test!r}")
    return test


def _check_image_size(size: Any) -> tuple[int, int] | None:
    """The size as (height, width)."""
    sides: Any = [size, size] if isinstance(size, int) else size
    if sides is None:
        return None
    pair = isinstance(sides, list | tuple) and len(sides) == 2  # pyright: ignore[reportUnknownArgumentType]
    if not pair or not all(isinstance(side, int) and not isinstance(side, bool) and side > 0 for side in sides):  # pyright: ignore[reportUnknownVariableType]
        raise wrong(f"must be a side or [height, width] in pixels, found {size!r}")
    return int(sides[0]), int(sides[1])  # pyright: ignore[reportUnknownArgumentType]


def _check_ngrams(ngrams: Any) -> tuple[int, int]:
    """The range as (low, high)."""
    ends: Any = [1, ngrams] if isinstance(ngrams, int) else ngrams
    pair = isinstance(ends, list | tuple) and len(ends) == 2  # pyright: ignore[reportUnknownArgumentType]
    if not pair or not all(isinstance(end, int) and not isinstance(end, bool) for end in ends):  # pyright: ignore[reportUnknownVariableType]
        raise wrong(f"must be a number of words or [low, high], found {ngrams!r}")
    if not 1 <= ends[0] <= ends[1] <= 5:
        raise wrong(f"must be 1 to 5 words, the lower number first, found {ngrams!r}")
    return int(ends[0]), int(ends[1])  # pyright: ignore[reportUnknownArgumentType]


def _source_name(source: Any) -> str:
    return source if isinstance(source, str) else name_of(source)


Source = Annotated[
    Any, BeforeValidator(_check_source), PlainSerializer(_source_name), WithJsonSchema({"type": "string"})
]
Test = Annotated[Annotated[float, Field(gt=0, lt=1)] | str, BeforeValidator(_check_test)]
_Side = Annotated[int, Field(ge=1)]
ImageSize = Annotated[
    tuple[int, int] | None,
    BeforeValidator(_check_image_size, json_schema_input_type=_Side | tuple[_Side, _Side] | None),
]
_Words = Annotated[int, Field(ge=1, le=5)]
NGrams = Annotated[
    tuple[int, int], BeforeValidator(_check_ngrams, json_schema_input_type=_Words | tuple[_Words, _Words])
]


class TextFeatures(Record):
    """How texts become features: a number for each of the most frequent terms of a run's training rows."""

    kind: Literal["tfidf", "counts", "binary"] = Field(
        description="TF-IDF with rows of norm 1, numbers of occurrences, or whether a term occurs."
    )
    max_features: int = Field(default=10_000, ge=1, description="Number of features: the most frequent terms.")
    ngrams: NGrams = Field(
        default=(1, 1), description="Words in a term: [low, high] up to 5, or one number for 1 up to that."
    )
    stop_words: Literal["none", "english"] = Field(default="none", description="Words that are left out.")
    min_df: int = Field(default=1, ge=1, description="Training documents that a term must stand in at least.")
    sublinear: bool = Field(default=False, description="TF-IDF only: take 1 + ln(count) for the count.")

    @model_validator(mode="after")
    def _sublinear_is_tfidf(self) -> TextFeatures:
        if self.sublinear and self.kind != "tfidf":
            raise wrong(f"is for kind: tfidf, found kind: {self.kind}", "sublinear")
        return self


class Preparation(Record):
    """How a run's rows are chosen, made features and scaled; part of its recipe."""

    text: TextFeatures | None = Field(default=None, description="How texts become features; for texts only.")
    scale: Scale = Field(
        default="standard",
        description="How features are scaled, fitted on training rows. `standard`: by one mean and deviation of all "
        "pixels, or of each feature of a table; `per-feature`: of each pixel too; `unit`: pixels / 255, others / the "
        "largest magnitude; `l2-rows`, `l2-columns`: by the norm of each row, or feature; `image-columns`: by that of "
        "each column of an image. With `text`: `none`, the default, or `l2-rows`.",
    )
    fraction: float = Field(default=1.0, gt=0, le=1, description="Share of the training part that a run is given.")
    sample: Literal["class-wise", "rows", "with-replacement"] = Field(
        default="class-wise",
        description="How that share is drawn: of each class; of all rows, whatever their class; or row by row, so that "
        "a row may stand in it again, for training and for validation.",
    )
    validation: Validation = Field(
        default=0.1,
        description="Stratified share of the training part, {folds: 5}, {last: 0.2} for its last fifth in the order of "
        "the data, or `test`: the test set chooses.",
    )

    @model_serializer(mode="wrap")
    def _without_the_usual(self, handler: Any) -> dict[str, Any]:
        """Without `sample` where it is class-wise, so that such a run keeps the key that it always had."""
        values: dict[str, Any] = handler(self)
        if values.get("sample") == "class-wise":
            del values["sample"]
        return values

    def feature_shape(self, item_shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of an item as a network is given it: that of the data, or of the features of a text.

        Raises:
            SpecError: the columns of images are to be scaled, but the items are none.
        """
        if self.scale == "image-columns" and len(item_shape) < 2:
            raise SpecError(f"data.scale: image-columns needs images, but the items have shape {item_shape}.")
        return (self.text.max_features,) if self.text else item_shape

    @property
    def held_out(self) -> float:
        """Share of the training rows that validate."""
        if isinstance(self.validation, Folds):
            return 1 / self.validation.folds
        if isinstance(self.validation, Last):
            return self.validation.last
        return 0.0 if self.validation == "test" else float(self.validation)

    @property
    def validates(self) -> bool:
        """Whether there are validation rows, including those of the test set."""
        return self.validation == "test" or self.held_out > 0

    @model_validator(mode="before")
    @classmethod
    def _texts_stay_as_they_are(cls, values: Any) -> Any:
        texts = isinstance(values, dict) and values.get("text") is not None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        return {"scale": "none", **values} if texts else values  # pyright: ignore[reportUnknownVariableType]

    @model_validator(mode="after")
    def _zeros_stay_zeros(self) -> Self:
        if self.text and self.scale not in ("none", "l2-rows"):
            raise wrong(
                f"must be none or l2-rows for texts, found {self.scale!r}: others fill in the zeros",
                "scale",
            )
        return self


class DataSpec(Preparation):
    """Where the data come from, and their preparation."""

    source: Source = Field(
        description="Registered name, table or NPZ file, image or text folder, module:function, in Python a callable."
    )
    label: str = Field(default="label", description="Tables only: the column that holds the class.")
    text_column: str = Field(
        default="text", description="Tables only, and only with `text`: the column that holds the texts."
    )
    test: Test = Field(
        default=0.2,
        description="For a source without a test set: the stratified share held out, or another table file.",
    )
    image_size: ImageSize = Field(
        default=None, description="Image folders only: side, or [height, width], in pixels that images are resized to."
    )

    def preparation(self) -> Preparation:
        """The part of it that a recipe carries."""
        return Preparation.model_construct(**{name: getattr(self, name) for name in Preparation.model_fields})


def is_name(text: str) -> bool:
    """Whether `text` can name a study or a data set, and so a file: letters, digits, '-' and '_'."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", text) is not None


class NamedData(DataSpec):
    """One of several data sets of a study."""

    name: str = Field(default="", description="Letters, digits, '-' and '_'; by default made from the source.")

    @model_validator(mode="before")
    @classmethod
    def _named(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        given = cast(dict[str, Any], values)
        source, name = given.get("source"), given.get("name")
        if "name" not in given:
            named = isinstance(source, str) or callable(source)
            return {**given, "name": _name_from(source)} if named else given
        if not isinstance(name, str) or not is_name(name):
            raise wrong(f"must be letters, digits, '-' and '_' (it names files), found {name!r}", "name")
        if len(name) > LONGEST_NAME:
            raise wrong(f"must have at most {LONGEST_NAME} characters (it names files), found {len(name)}", "name")
        return given

    def unnamed(self) -> DataSpec:
        """The same data set as the only one of a study."""
        return DataSpec.model_construct(**{name: getattr(self, name) for name in DataSpec.model_fields})


def _name_from(source: Any) -> str:
    """The name of a file without its folder and suffix, and of a function with its module."""
    text = _source_name(source)
    text = text if ":" in text else PurePath(text).stem
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text)[:LONGEST_NAME].strip("-_") or "data"


def entry(value: Any) -> Any:
    """An entry of a list of data sets as a mapping; a source alone may stand for it."""
    return {"source": value} if isinstance(value, str) or callable(value) else value


def _form(value: Any) -> str:
    return _SEVERAL if isinstance(value, list | tuple) else _ONE


def _check_several(value: Any) -> Any:
    if not value:
        raise wrong("must be a mapping, or a list of at least one data set, found []")
    return list(value)


_ONE, _SEVERAL = "dict[data]", "list[data]"
"""Names of the two forms in pydantic's paths; `explain` leaves out what looks like a type."""

Entry = Annotated[NamedData, BeforeValidator(entry, json_schema_input_type=str | NamedData)]
Data = Annotated[
    Annotated[DataSpec, Tag(_ONE)]
    | Annotated[list[Entry], Field(min_length=1), BeforeValidator(_check_several), Tag(_SEVERAL)],
    Discriminator(_form),
]
"""One data set, or a list of them."""
