"""The database: one row a run, one row a study."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Float, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


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
