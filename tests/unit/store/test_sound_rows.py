"""A stored row is used only if all above the store can rely on it."""

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from paribus.errors import SpecError
from paribus.prediction.trained import Trained
from paribus.spec import StudySpec
from paribus.store.records.faults import read_facts, read_run

SOUND: dict[str, Any] = {
    "key": "0" * 64, "seed": 0, "recipe": {"data": {"validation": 0.1}, "epochs": 1}, "status": "finished", "epochs": 1,
    "best_epoch": 1, "time_s": 0.5, "predicted_s": 0, "metrics": {"test_loss": 0.1}, "message": "",
    "created": datetime(2026, 1, 1, tzinfo=UTC),
}  # fmt: skip
BROKEN: dict[str, Any] = {
    "key": "../evil", "seed": "0", "recipe": {}, "status": "fine", "epochs": 0.5, "best_epoch": None,
    "time_s": math.inf, "predicted_s": math.nan, "metrics": {"test_loss": math.inf}, "message": None,
}  # fmt: skip


def test_a_sound_row_is_one() -> None:
    assert read_run(SOUND, read_facts(SOUND["recipe"]))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_one_is_none(name: str) -> None:
    row = {**SOUND, name: BROKEN[name]}
    assert not read_run(row, read_facts(row["recipe"]))


def test_a_recipe_that_utf_8_cannot_write_is_refused_when_it_is_loaded() -> None:
    study = StudySpec.model_validate({"name": "a", "data": {"source": "none"}})
    recipe = {**study.recipe().model_dump(mode="json"), "monitor": "\ud800"}
    with pytest.raises(SpecError, match=r"monitor: must be text that can be printed"):
        Trained(recipe, {"a": np.zeros(1)}, (4,), ("0", "1"))
