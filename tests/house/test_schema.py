"""The JSON schema explains every field of a study file to an editor."""

from __future__ import annotations

from typing import Any

from paribus.spec import StudySpec
from paribus.spec.parts import parts

SCHEMA: dict[str, Any] = StudySpec.model_json_schema()
PARTS = {room: set(parts(room)) for room in ("model", "optimizer")}  # before another test registers its own


def test_every_field_has_a_description() -> None:
    records = {"Study": SCHEMA, **SCHEMA["$defs"]}
    fields = {f"{name}.{key}": value for name, record in records.items() for key, value in record["properties"].items()}
    assert {"Study.margin", "Baseline.optimizer", "Factor.given"} <= fields.keys()
    assert not [name for name, field in fields.items() if not field.get("description")]


def test_every_part_is_an_alternative_with_a_description() -> None:
    for room, names in PARTS.items():
        field = SCHEMA["$defs"]["Baseline"]["properties"][room]
        alternatives = field["anyOf"][0]["oneOf"] if room == "model" else field["oneOf"]
        assert {a["properties"]["kind"]["const"] for a in alternatives} == names
        assert all(a["description"] for a in alternatives)
