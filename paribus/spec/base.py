"""What all records of the spec share: frozen, exact about types, and helpful about names."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from paribus.errors import suggest


class Record(BaseModel):
    """A frozen record that refuses unknown keys and says which one was probably meant."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for key in values:  # pyright: ignore[reportUnknownVariableType]
                if key not in cls.model_fields:
                    raise wrong("is unknown here", str(key), suggest(key, cls.model_fields))  # pyright: ignore[reportUnknownArgumentType]
        return values  # pyright: ignore[reportUnknownVariableType]


def wrong(what: str, key: str = "", allowed: str = "") -> PydanticCustomError:
    """A mistake in the study file, to be raised by a validator; `key` goes to the end of the path."""
    return PydanticCustomError("wrong", "{what}", {"what": what, "key": key, "allowed": allowed})
