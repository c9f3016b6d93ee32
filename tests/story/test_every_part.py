"""Every part and every option of a recipe, as a level of a study file that runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from paribus.spec import Recipe
from paribus.spec.data import TextFeatures
from paribus.spec.parts import parts

HERE = Path(__file__).parent
OWN = """\
from torch import nn
from paribus.data.sources.fashion_mnist_mini import fashion_mnist_mini

def drawings():
    all_of_them = fashion_mnist_mini()
    return {name: getattr(all_of_them, name)[:300 if name.endswith("train") else 60]
            for name in ("x_train", "y_train", "x_test", "y_test")}

def make(item_shape, num_outputs, *, width: int, conventions: str = "pytorch"):
    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, width), nn.ReLU(), nn.Linear(width, num_outputs))
"""


def leaves(values: Any, path: str = "") -> set[str]:
    """Paths of all that a study file sets."""
    if not isinstance(values, dict):
        return {path}
    return {path}.union(*(leaves(value, f"{path}.{key}".strip(".")) for key, value in values.items()))


def changed(name: str) -> set[str]:
    """Paths in the recipe that some level of the study file changes."""
    values = yaml.safe_load((HERE / name).read_text())
    found = {factor["vary"] for factor in values["factors"].values() if "vary" in factor}
    for factor in values["factors"].values():
        for change in factor["levels"].values() if isinstance(factor["levels"], dict) else ():
            found |= leaves(change)
    return found | leaves(values["baseline"]) | leaves({"data": values["data"]})


def test_the_files_leave_nothing_out() -> None:
    paths = changed("every_part.yaml") | changed("every_text.yaml")
    fields = {name for name in Recipe.model_fields if name not in ("data", "augment")}
    assert fields <= {path.partition(".")[0] for path in paths}
    assert {f"data.text.{name}" for name in TextFeatures.model_fields} <= paths
    text = (HERE / "every_part.yaml").read_text()
    for room in ("model", "optimizer", "schedule"):
        assert not [kind for kind, part in parts(room).items() if not part.own and f"kind: {kind}" not in text]


@pytest.mark.slow
@pytest.mark.usefixtures("reviews")
def test_everything_runs(cli, folder: Path) -> None:
    (folder / "own_network.py").write_text(OWN)
    for name in ("every_part", "every_text"):
        shutil.copy(HERE / f"{name}.yaml", folder)
        done = cli("run", f"{name}.yaml", "--json")
        assert done.code == 0, done.err
        outcome = json.loads(done.out)
        assert {run["status"] for run in outcome["runs"]} == {"finished"}
    caveats = {
        code.split()[0]
        for row in json.loads(cli("show", "every-part", "--json").out)["contrasts"]
        for code in row["caveats"]
    }
    assert "C05" in caveats
