"""What a stored row must have for all above the store to rely on it, whoever wrote the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # the standard library's is not for pydantic before Python 3.12

from paribus.store.keys import is_key
from paribus.store.records import Status
from paribus.store.tables import RunRow

STATUSES = {status.value for status in Status}

_Hash = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
_Text = Annotated[str, StringConstraints(max_length=1_000_000)]
"""A text that UTF-8 can write, which only one with a constraint is checked for."""
_Epochs = Annotated[str, StringConstraints(pattern=r"^\d{1,9}$")]
_Metric = Literal["accuracy", "loss", "f1_macro", "f1_weighted"]
_Score = Literal["val_accuracy", "val_loss", "val_f1_macro", "val_f1_weighted"]
_Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
_Number = Annotated[float, Field(allow_inf_nan=False)]


class _Parts(TypedDict):
    train: _Count
    test: _Count


class _Preparation(TypedDict):
    validation: _Number | Literal["test"] | dict[str, _Count | None]


class _Recipe(TypedDict):
    data: _Preparation
    epochs: _Count
    monitor: NotRequired[str]
    keep: NotRequired[str]
    vary_only: NotRequired[Annotated[list[str], Field(min_length=1)] | None]


class _Asked(_Preparation):
    source: str
    scale: str
    fraction: _Number
    test: NotRequired[Any]
    text: NotRequired[dict[str, Any] | None]


class _Named(_Asked):
    name: str


class _Factor(TypedDict):
    levels: list[Any] | dict[str, dict[str, Any]]


class _Ladder(TypedDict):
    start: Annotated[int, Field(ge=2)]
    max: Annotated[int, Field(le=1_000_000)]


class _Tune(TypedDict):
    space: dict[str, Any]
    max_epochs: _Count
    seeds: _Count


class _Spec(TypedDict):
    name: str
    question: str
    baseline: dict[str, Any]
    seeds: Annotated[list[_Count], Field(min_length=1)] | _Ladder
    metric: _Metric
    margin: _Number
    factors: dict[_Text, _Factor]
    family: NotRequired[str]
    rule: NotRequired[str]
    tune: NotRequired[_Tune | None]


class _OneSpec(_Spec):
    data: _Asked


class _SeveralSpec(_Spec):
    data: list[_Named]


class _Data(TypedDict):
    name: _Text
    fingerprint: _Hash
    class_names: Annotated[list[_Text], Field(min_length=1)]
    class_counts: dict[Literal["train", "test"], dict[_Text, _Count]]
    item_shape: list[Annotated[int, Field(ge=1)]]
    num_classes: _Count
    rows: _Parts
    duplicates: _Parts
    overlap: _Count
    missing: _Count
    conflicting: NotRequired[_Count]
    notes: NotRequired[list[_Text]]


class _Variant(TypedDict):
    recipe: _Recipe
    parameters: _Count


class _Level(TypedDict):
    factor: _Text | None
    label: _Text | None
    variants: Annotated[list[_Text], Field(min_length=1)]
    is_reference: bool


class _Run(TypedDict):
    key: _Hash
    variant: _Text
    seed: _Count
    fold: NotRequired[_Count | None]


class _Trial(TypedDict):
    number: _Count
    bracket: _Count
    point: dict[_Text, Any]
    scores: Annotated[
        dict[Annotated[str, StringConstraints(pattern=r"^\d{1,9}$")], _Number | None], Field(min_length=1)
    ]
    keys: list[_Hash]
    failed: NotRequired[str]


class _Tuning(TypedDict):
    algorithm: str
    metric: _Score
    winner: dict[_Text, Any]
    winner_number: _Count
    edges: list[_Text]
    epochs: _Count
    epochs_unstopped: _Count
    diverged: _Count
    importance: dict[str, _Number] | None
    trials: list[_Trial]


class _Frozen(TypedDict):
    hash: str
    time: str
    status: str
    changes: list[str]
    already_stored: _Count | None


class _Environment(TypedDict):
    python: str


class _Study(TypedDict):
    __pydantic_config__ = ConfigDict(strict=True)  # pyright: ignore[reportGeneralTypeIssues]

    spec: _OneSpec
    dataset: _Data
    variants: dict[_Text, _Variant]
    levels: list[_Level]
    runs: Annotated[list[_Run], Field(min_length=1)]
    environment: _Environment
    code: NotRequired[dict[str, str]]
    frozen: NotRequired[_Frozen | None]
    tuning: NotRequired[_Tuning | None]


class _Series(TypedDict):
    spec: _SeveralSpec
    parts: Annotated[list[str], Field(min_length=1)]


_ONE, _SEVERAL, _RECIPE = TypeAdapter(_Study), TypeAdapter(_Series), TypeAdapter(_Recipe)
_METRICS = TypeAdapter(dict[_Text, float])


def fault_of_study(record: Any) -> str:
    """What is wrong with the record of a study; empty if nothing is."""
    try:
        if isinstance(record, dict) and "parts" in record:
            _SEVERAL.validate_python(record, strict=True)
            return ""
        return next(_faults(_ONE.validate_python(record, strict=True)), "")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"


def _faults(study: _Study) -> Iterator[str]:
    """What does not fit together, each part being well by itself."""
    levels, dataset, tuning = study["levels"], study["dataset"], study.get("tuning")
    named = {run["variant"] for run in study["runs"]}.union(*(level["variants"] for level in levels))
    yield from (f"variants: there is no {name!r}" for name in sorted(named - study["variants"].keys()))
    if any((level["factor"] is None) != (level["label"] is None) for level in levels):
        yield "levels: a factor without a level, or a level without a factor"
    references = Counter(level["factor"] for level in levels if level["is_reference"])
    factors = {level["factor"] for level in levels} - {None}
    yield from (f"levels: the factor {name!r} has no one reference" for name in factors if references[name] != 1)
    parts = [dataset["class_counts"].get(part, {}).keys() for part in ("train", "test")]
    if any(part != set(dataset["class_names"]) for part in parts):
        yield "dataset.class_counts: other classes than class_names"
    yield from _faults_of_seeds(study["spec"]["seeds"])
    if tuning:
        yield from _faults_of_search(tuning, study["spec"].get("tune"))


def _faults_of_seeds(seeds: list[int] | _Ladder) -> Iterator[str]:
    if isinstance(seeds, list):
        if len(set(seeds)) < len(seeds):
            yield "spec.seeds: a seed stands twice"
    elif seeds["max"] <= seeds["start"]:
        yield "spec.seeds: max is not above start"


def _faults_of_search(tuning: _Tuning, tune: _Tune | None) -> Iterator[str]:
    if tune is None:
        yield "spec.tune: is missing"
        return
    winner = next((trial for trial in tuning["trials"] if trial["number"] == tuning["winner_number"]), None)
    if winner is None or str(tune["max_epochs"]) not in winner["scores"]:
        yield "tuning.winner_number: no trial of this number went all the way"
    if any(tune["space"].keys() - trial["point"].keys() for trial in tuning["trials"]):
        yield "tuning.trials: a point lacks a value"


def is_sound(row: RunRow) -> bool:
    """Whether the row of a run has what it must have."""
    if row.status not in STATUSES or not is_key(row.key) or not isinstance(row.message, str):
        return False
    try:
        _RECIPE.validate_python(row.recipe, strict=True)
        _METRICS.validate_python(row.metrics, strict=True)
    except ValidationError:
        return False
    values: list[Any] = [row.time_s, row.predicted_s, row.seed, row.epochs, row.best_epoch]
    kinds = [float | int] * 2 + [int] * 3
    return all(isinstance(value, kind) for value, kind in zip(values, kinds, strict=True))
