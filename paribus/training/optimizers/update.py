"""What an optimizer part returns: a rule and its numbers, which may differ from run to run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

Rate = Annotated[float, Field(gt=0)]
Decay = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True)
class Update:
    """The name of a rule in `rules`, and the numbers of one run."""

    rule: str
    numbers: dict[str, Any]
