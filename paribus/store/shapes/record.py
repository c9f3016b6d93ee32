"""The record of a study and the recipe of a run, as all above the store reads them; more may stand beside it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, StringConstraints
from typing_extensions import TypedDict  # the standard library's is not for pydantic before Python 3.12

_Hash = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Text = Annotated[str, StringConstraints(max_length=1_000_000)]
"""A text that UTF-8 can write, which only one with a constraint is checked for."""
_Epochs = Annotated[str, StringConstraints(pattern=r"^\d{1,9}$")]
_Metric = Literal["accuracy", "loss", "f1_macro", "f1_weighted"]
_Score = Literal["val_accuracy", "val_loss", "val_f1_macro", "val_f1_weighted"]
_Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
Number = Annotated[float, Field(allow_inf_nan=False)]
"""A number that JSON can write."""


class _Parts(TypedDict):
    train: _Count
    test: _Count


class _Preparation(TypedDict):
    validation: Number | Literal["test"] | dict[str, _Count | None]


class Recipe(TypedDict):
    """What determined a run, as far as tables and verdicts ask."""

    data: _Preparation
    epochs: _Count
    monitor: NotRequired[str]
    keep: NotRequired[str]
    vary_only: NotRequired[Annotated[list[str], Field(min_length=1)] | None]


class _Asked(_Preparation):
    source: str
    scale: str
    fraction: Number
    test: NotRequired[Any]
    text: NotRequired[dict[str, Any] | None]


class _Named(_Asked):
    name: str


class _Factor(TypedDict):
    levels: list[Any] | dict[str, dict[str, Any]]


class Ladder(TypedDict):
    """Seeds that grow."""

    start: Annotated[int, Field(ge=2)]
    max: Annotated[int, Field(le=1_000_000)]


class Tune(TypedDict):
    """What a search was asked."""

    space: dict[str, Any]
    max_epochs: _Count
    seeds: _Count


class _Spec(TypedDict):
    name: str
    question: str
    baseline: dict[str, Any]
    seeds: Annotated[list[_Count], Field(min_length=1)] | Ladder
    metric: _Metric
    margin: Number
    factors: dict[Text, _Factor]
    family: NotRequired[str]
    rule: NotRequired[str]
    tune: NotRequired[Tune | None]


class _OneSpec(_Spec):
    data: _Asked


class _SeveralSpec(_Spec):
    data: list[_Named]


class _Data(TypedDict):
    name: Text
    fingerprint: _Hash
    class_names: Annotated[list[Text], Field(min_length=1)]
    class_counts: dict[Literal["train", "test"], dict[Text, _Count]]
    item_shape: list[Annotated[int, Field(ge=1)]]
    num_classes: _Count
    rows: _Parts
    duplicates: _Parts
    overlap: _Count
    missing: _Count
    conflicting: NotRequired[_Count]
    notes: NotRequired[list[Text]]


class _Variant(TypedDict):
    recipe: Recipe
    parameters: _Count


class _Level(TypedDict):
    factor: Text | None
    label: Text | None
    variants: Annotated[list[Text], Field(min_length=1)]
    is_reference: bool


class _Run(TypedDict):
    key: _Hash
    variant: Text
    seed: _Count
    fold: NotRequired[_Count | None]


class _Trial(TypedDict):
    number: _Count
    bracket: _Count
    point: dict[Text, Any]
    scores: Annotated[dict[Annotated[str, StringConstraints(pattern=r"^\d{1,9}$")], Number | None], Field(min_length=1)]
    keys: list[_Hash]
    failed: NotRequired[str]


class Tuning(TypedDict):
    """What a search came to."""

    algorithm: str
    metric: _Score
    winner: dict[Text, Any]
    winner_number: _Count
    edges: list[Text]
    epochs: _Count
    epochs_unstopped: _Count
    diverged: _Count
    importance: dict[str, Number] | None
    trials: list[_Trial]


class _Frozen(TypedDict):
    hash: str
    time: str
    status: str
    changes: list[str]
    already_stored: _Count | None


class _Environment(TypedDict):
    python: str


class Study(TypedDict):
    """Of a study over one data set."""

    __pydantic_config__ = ConfigDict(strict=True)  # pyright: ignore[reportGeneralTypeIssues]

    spec: _OneSpec
    dataset: _Data
    variants: dict[Text, _Variant]
    levels: list[_Level]
    runs: Annotated[list[_Run], Field(min_length=1)]
    environment: _Environment
    code: NotRequired[dict[str, str]]
    frozen: NotRequired[_Frozen | None]
    tuning: NotRequired[Tuning | None]


class Series(TypedDict):
    """Of a study over several data sets."""

    spec: _SeveralSpec
    parts: Annotated[list[str], Field(min_length=1)]
