"""A metric of the user's own: where its function comes from, and what it may return."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from paribus.errors import DataError, SpecError
from paribus.metric import Metric, find_metric
from paribus.metric.own import code_of, register, with_code
from paribus.user_code import Origin, code_in

COSTS = """\
LIMIT = 0.5

def cost(labels_B, probabilities_BC):
    return (probabilities_BC[:, 1] > LIMIT).mean() + labels_B.mean()

def one(labels_B):
    return 1.0
"""
Y_B = np.array([0, 1, 1, 1])
P_BC = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.1, 0.9]], np.float32)


@pytest.fixture
def origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Origin:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_costs.py").write_text(COSTS)
    return Origin(tmp_path, "study.yaml")


def found(name: str) -> Metric:
    metric = find_metric(name)
    assert metric
    return metric


def computed(name: str, code: str) -> float:
    metric = with_code(found(name), code)
    assert metric.from_probabilities
    return metric.from_probabilities(Y_B, P_BC)


def test_a_function_of_a_module(origin: Origin, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SpecError, match="what is stored brings in none"):
        register("my_costs:cost")
    with code_in(origin):
        for name in ("my_costs:cost", "my_costs:cost:lower"):
            assert register(name) == name
    assert "study.yaml names code: my_costs.py:cost" in capsys.readouterr().err
    assert register("my_costs:cost:lower") == "my_costs:cost:lower"  # known by now
    code = code_of("my_costs:cost")
    assert code == code_of("my_costs:cost:lower") != ""
    assert [computed(name, code) for name in ("my_costs:cost", "my_costs:cost:lower")] == [1.25, 1.25]
    assert not with_code(found("my_costs:cost"), "0" * 64).is_computable  # what was asked is other code
    assert not with_code(found("my_costs:other"), "").is_computable
    (origin.folder / "my_costs.py").write_text(COSTS.replace("0.5", "0.85  # changed"))
    with code_in(origin):
        register("my_costs:cost")
    assert code_of("my_costs:cost") != code
    assert computed("my_costs:cost", code_of("my_costs:cost")) == 1.0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("my_costs:one", r"my_costs:one takes \(labels_B\); asked are the true classes and the probabilities"),
        ("my_costs:costs", "has no function 'costs'. Did you mean 'cost'?"),
        ("my_costs:LIMIT", "has no function 'LIMIT'"),
        ("my_costs:cost:smaller", "must be module:function, or module:function:lower where lower is better"),
        ("my costs:cost", "must be module:function"),
    ],
)
def test_mistakes_are_told(origin: Origin, name: str, words: str) -> None:
    with code_in(origin), pytest.raises(SpecError, match=words):
        register(name)


def test_functions_of_this_program_have_names_of_their_own() -> None:
    def factor(by: float) -> Any:
        return lambda labels_B, probabilities_BC: by * labels_B.sum()

    names = [register(factor(by)) for by in (2.0, 3.0)]
    assert len(set(names)) == 2
    assert [computed(name, code_of(name)) for name in names] == [6, 9]


def fails(labels_B: np.ndarray, probabilities_BC: np.ndarray) -> float:
    raise SystemExit("enough")


@pytest.mark.parametrize("value", [np.nan, np.inf, None, "one", np.zeros(3)])
def test_what_it_returns_is_a_finite_number(value: Any) -> None:
    name = register(lambda labels_B, probabilities_BC: value)
    with pytest.raises(DataError, match="asked is a finite number. Mend the function"):
        computed(name, code_of(name))


def test_what_it_raises_is_told() -> None:
    name = register(fails)
    with pytest.raises(DataError, match=r"fails raised SystemExit: enough \(.*test_own_metric.py, line \d+\)"):
        computed(name, code_of(name))


def test_paribus_metrics_have_no_code() -> None:
    assert code_of("ece") == code_of("top_3") == ""
    assert with_code(found("ece"), "") is found("ece")
