"""What a peer must build to train the same network, and what that costs, from study files.

usage: python -m benchmarks.ours.facts STUDY.yaml...

Prints a JSON list with an entry a study: the layers of the baseline before its head, and counts.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from paribus.data import load
from paribus.data.sampling import rows_of
from paribus.models import Blueprint
from paribus.planning.plan import ENGINE
from paribus.spec.parts import call_part
from paribus.study import Study


def facts(file: Path) -> dict[str, Any]:
    """Layers, classes, parameters, operations a row of a forward pass, precision and training rows of the baseline.

    With them the engine that trains it.
    """
    study = Study.open(str(file))
    recipe, dataset = study.recipe(), load(study.one_data, file.parent)
    blueprint: Blueprint = call_part("model", recipe.model)
    shape, classes = recipe.data.feature_shape(dataset.item_shape), dataset.num_classes
    return {
        "layers": [{"layer": type(layer).__name__, **asdict(layer)} for layer in blueprint.features],
        "images": blueprint.images,
        "classes": classes,
        "parameters": blueprint.parameters(shape, classes),
        "operations": blueprint.operations(shape, classes),
        "precision": recipe.precision,
        "engine": ENGINE,
        "train_rows": len(rows_of(dataset.y_train, recipe.data, study.all_seeds[0]).train),
    }


if __name__ == "__main__":
    print(json.dumps([facts(Path(file)) for file in sys.argv[1:]]))
