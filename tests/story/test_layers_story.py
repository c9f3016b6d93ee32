"""A study of a network that is a list of layers: planned, run, looked at, loaded."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import yaml

import paribus
from paribus.data.sources.digits import digits

STUDY = """\
name: layers
data: {source: digits, scale: unit, validation: 0.2}
baseline:
  model:
    kind: sequential
    conventions: keras
    layers:
      - {conv: 4}
      - batch_norm
      - {max_pool: 2}
      - relu
      - {spatial_dropout: 0.1, name: drop}
      - flatten
      - {dense: {units: 12, l2: 0.001}, name: hidden}
      - relu
  epochs: 2
seeds: 1
factors:
  dropout: {vary: "model.layers[drop].spatial_dropout", levels: [0.1, 0.3]}
  norm:
    levels:
      batch: {}
      group: {model.layers.1: {group_norm: 2}}
      none: {"model.layers[1]": identity}
"""


def test_it_is_planned_run_and_loaded(cli, folder: Path) -> None:
    (folder / "layers.yaml").write_text(STUDY)
    planned = json.loads(cli("plan", "layers.yaml", "--json").out)
    no_norm = 4 * 10 + (4 * 16 + 1) * 12 + 13 * 10
    assert {row["name"]: row["parameters"] for row in planned["variants"]} == {
        "baseline": no_norm + 8,
        "dropout=0.3": no_norm + 8,
        "norm=group": no_norm + 8,
        "norm=none": no_norm,
    }
    result = paribus.Study.open("layers.yaml").run(quiet=True)
    runs = result.summary["runs"]
    assert [run["status"] for run in runs] == ["finished"] * 4
    for run in runs:
        trained = paribus.load("layers", run["variant"], run["seed"])
        stored = np.load(folder / "paribus-home" / "runs" / run["key"][:2] / run["key"] / "predictions.npz")
        np.testing.assert_array_equal(trained.predict_proba(digits().x_test), stored["test_probabilities"])
    values = yaml.safe_load(STUDY)
    layers = values["baseline"]["model"]["layers"]
    layers[2], layers[3] = {"max_pool": {"size": 2, "stride": 2}, "name": "half"}, {"activation": {"function": "relu"}}
    (folder / "layers.yaml").write_text(yaml.safe_dump(values))
    again = json.loads(cli("plan", "layers.yaml", "--json").out)
    assert again["stored"] == again["runs"] == 4, "another form of the same layers is the same network"
