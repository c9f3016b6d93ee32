"""The database: one row per run, one row per study."""

from __future__ import annotations

from sqlalchemy import JSON, Column, DateTime, Float, Integer, LargeBinary, MetaData, String, Table, Text

METADATA = MetaData()
"""The metadata of both tables, which the migrations are checked against."""

RUNS = Table(
    "runs",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("seed", Integer, nullable=False),
    Column("recipe", JSON, nullable=False),
    Column("status", String(16), nullable=False),
    Column("epochs", Integer, nullable=False),
    Column("best_epoch", Integer, nullable=False),
    Column("time_s", Float, nullable=False),
    Column("predicted_s", Float, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("message", Text, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
    Column("answers", LargeBinary),
)
"""Runs, shared by all studies that ask for them. A run's artifacts lie in the folder that its key names."""

STUDIES = Table(
    "studies",
    METADATA,
    Column("name", String(200), primary_key=True),
    Column("record", JSON, nullable=False),
    Column("updated", DateTime(timezone=True), nullable=False),
)
"""The latest plan of each study, and the machine that it ran on."""
