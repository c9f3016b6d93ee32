"""Numbers do not depend on the order of runs, seeds, levels or factors, and the same study gives the same bits."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from paribus.comparison.judging import contrasts_of
from paribus.store.records.run import Status, StoredRun
from tests.made_up import run_of, study_of

FACTORS = {"depth": ["base", "deep", "deeper"], "rate": ["base", "slow"]}


def study(num_seeds: int) -> tuple[dict[str, Any], dict[str, StoredRun]]:
    rng = np.random.default_rng(0)
    names = ["base", "deep", "deeper", "slow"]
    shared_S = rng.normal(0, 0.02, num_seeds)
    rows = {
        f"{name}{seed}": run_of(
            f"{name}{seed}", epochs=9, recipe={"data": {"validation": 0.1}, "epochs": 9},
            metrics={"test_accuracy": 0.8 + 0.003 * place + shared_S[seed] + rng.normal(0, 0.01)},
        )
        for place, name in enumerate(names)
        for seed in range(num_seeds)
    }  # fmt: skip
    rows["slow1"] = replace(rows["slow1"], status=Status.DIVERGED, metrics={})
    record = {
        "spec": {"metric": "accuracy", "margin": 0.01, "seeds": num_seeds},
        "dataset": {"overlap": 0},
        "variants": dict.fromkeys(names),
        "levels": [
            {"factor": factor, "label": name, "variants": [name], "is_reference": name == "base"}
            for factor, members in FACTORS.items()
            for name in members
        ],
        "runs": [
            {"key": f"{name}{seed}", "variant": name, "seed": seed} for name in names for seed in range(num_seeds)
        ],
    }
    return record, rows


def numbers(record: dict[str, Any], rows: dict[str, StoredRun]) -> dict[tuple[str, str], str]:
    return {(c.factor, c.level): repr(asdict(c)) for c in contrasts_of(study_of(record), rows)}


@pytest.mark.parametrize("family", ["factor", "study"])
@pytest.mark.parametrize("num_seeds", [6, 16])  # exact and drawn sign flips
def test_any_order_gives_the_same_bits(family: str, num_seeds: int) -> None:
    record, rows = study(num_seeds)
    record["spec"]["family"] = family
    expected = numbers(record, rows)
    assert numbers(record, rows) == expected
    rng = np.random.default_rng(1)
    for _ in range(3):
        shuffled = {
            **record,
            "runs": [record["runs"][at] for at in rng.permutation(len(record["runs"]))],
            "levels": [record["levels"][at] for at in rng.permutation(len(record["levels"]))],
            "variants": dict.fromkeys(rng.permutation(list(record["variants"])).tolist()),
        }
        assert numbers(shuffled, dict(reversed(rows.items()))) == expected


def test_a_diverged_run_is_counted_and_never_silently_dropped() -> None:
    record, rows = study(6)
    (slow,) = (c for c in contrasts_of(study_of(record), rows) if c.level == "slow")
    assert slow.n == 5
    assert "C02 1 of 6 pairs lack a finished run" in slow.caveats
