"""The database: one row a run, one row a study, and what each must have for all above the store to rely on it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, NotRequired

from pydantic import ConfigDict, StringConstraints, TypeAdapter, ValidationError
from sqlalchemy import JSON, DateTime, Float, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from typing_extensions import TypedDict  # the standard library's is not for pydantic before Python 3.12

from paribus.store.keys import is_key
from paribus.store.records import Status


def _now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """Of all tables; `metadata` is what the migrations are checked against."""


class RunRow(Base):
    """One run, shared by all studies that ask for it. Its artifacts lie in the folder that its key names."""

    __tablename__ = "runs"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    seed: Mapped[int]
    recipe: Mapped[dict[str, Any]] = mapped_column(JSON)
    status: Mapped[str] = mapped_column(String(16))
    epochs: Mapped[int]
    best_epoch: Mapped[int]
    time_s: Mapped[float] = mapped_column(Float)
    predicted_s: Mapped[float] = mapped_column(Float)
    metrics: Mapped[dict[str, float]] = mapped_column(JSON)
    message: Mapped[str] = mapped_column(Text)
    created: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=_now)
    answers: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)

    @property
    def last_line(self) -> str:
        """What a failed run's message comes to."""
        return (self.message.strip().splitlines() or ["no reason is stored"])[-1]


class StudyRow(Base):
    """The latest plan of one study, and the machine it ran on."""

    __tablename__ = "studies"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    record: Mapped[dict[str, Any]] = mapped_column(JSON)
    updated: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=_now, onupdate=_now)


_Hash = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
STATUSES = {status.value for status in Status}


class _Spec(TypedDict):
    name: str
    question: str
    data: Any
    baseline: dict[str, Any]
    seeds: Any
    metric: str
    margin: float
    factors: dict[str, Any]


class _Data(TypedDict):
    name: str
    fingerprint: _Hash
    class_names: list[str]
    class_counts: dict[str, dict[str, int]]
    item_shape: list[int]
    rows: dict[str, int]


class _Variant(TypedDict):
    recipe: dict[str, Any]
    parameters: int


class _Level(TypedDict):
    factor: str | None
    label: str | None
    variants: list[str]
    is_reference: bool


class _Run(TypedDict):
    key: _Hash
    variant: str
    seed: int
    fold: NotRequired[int | None]


class _Study(TypedDict):
    __pydantic_config__ = ConfigDict(strict=True)  # pyright: ignore[reportGeneralTypeIssues]

    spec: _Spec
    dataset: _Data
    variants: dict[str, _Variant]
    levels: list[_Level]
    runs: list[_Run]
    environment: dict[str, Any]


class _Series(TypedDict):
    spec: _Spec
    parts: list[str]


_ONE, _SEVERAL = TypeAdapter(_Study), TypeAdapter(_Series)


def fault_of_study(record: Any) -> str:
    """What is wrong with the record of a study; empty if nothing is."""
    several = isinstance(record, dict) and "parts" in record
    try:
        if several:
            _SEVERAL.validate_python(record, strict=True)
            return ""
        study = _ONE.validate_python(record, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"
    named = {run["variant"] for run in study["runs"]}.union(*(level["variants"] for level in study["levels"]))
    strange = named - study["variants"].keys()
    return f"variants: there is no {min(strange)!r}" if strange else ""


def is_sound(row: RunRow) -> bool:
    """Whether the row of a run has what it must have."""
    values: list[Any] = [row.recipe, row.metrics, row.message]
    if row.status not in STATUSES or not is_key(row.key) or list(map(type, values)) != [dict, dict, str]:
        return False
    numbers: list[Any] = [row.time_s, row.predicted_s, *row.metrics.values()]
    counts: list[Any] = [row.seed, row.epochs, row.best_epoch]
    return all(isinstance(n, int | float) for n in numbers) and all(isinstance(n, int) for n in counts)
