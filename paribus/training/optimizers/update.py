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
    """A rule and the numbers of one run.

    Args:
        rule: `file:Class` in this room; it is imported when an optimizer is made, as it needs torch.
        numbers: `lr` and `decay`, `momentum` if the rule has one, and what the rule's `given` names.
    """

    rule: str
    numbers: dict[str, Any]
