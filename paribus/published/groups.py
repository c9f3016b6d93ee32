"""The published scores that come with paribus: one YAML file per group, a list of studies with the scores to expect."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from paribus.errors import SpecError, suggest
from paribus.spec.base import Record
from paribus.spec.files import parse_yaml


class PublishedScore(Record):
    """One study, and what it scored where it was published."""

    source: str = Field(description="Where the scores stand.")
    tolerance: float | None = Field(
        default=None,
        gt=0,
        description="Largest difference of the mean that passes, in the metric's units; by default that of the 95 % "
        "interval in which one more of our seeds would score, as most published scores are of one run.",
    )
    study: dict[str, Any] = Field(description="As in a study file; one factor at most.")
    expected: dict[str, float] = Field(description="Score by level, or of `baseline` without a factor.")


def find_groups(names: Sequence[str] = ()) -> dict[str, list[PublishedScore]]:
    """The groups of these names, or all, in the order of their names.

    Raises:
        SpecError: there is no such group.
    """
    files = {path.stem: path for path in sorted(Path(__file__).parent.glob("*.yaml"))}
    for name in names:
        if name not in files:
            raise SpecError(f"No published group {name!r}. {suggest(name, files)}")
    return {
        name: [PublishedScore.model_validate(values) for values in parse_yaml(path.read_text(encoding="utf-8"))]
        for name, path in files.items()
        if name in names or not names
    }
