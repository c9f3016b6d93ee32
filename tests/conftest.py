"""What tests of several rooms share."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from paribus.spec import StudySpec

os.environ["PARIBUS_WORKERS"] = "0"  # runs are trained in the test's process; tests of workers say how many


@pytest.fixture
def make_study() -> Callable[..., StudySpec]:
    """A checked study; give what matters to the test."""

    def make(**values: Any) -> StudySpec:
        return StudySpec.model_validate({"name": "a", "data": {"source": "none"}, **values})

    return make
