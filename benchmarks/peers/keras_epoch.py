"""Keras: the epoch that paribus trained, from the same weights over the same rows, and how far apart both end."""

from __future__ import annotations

import json
import sys

import keras
import numpy as np
from common import Task
from keras_layers import build, items

_WHEN = ("before", "after", "other_after")


def main() -> None:
    """Train an epoch and print what differs."""
    task = Task()
    with np.load(json.loads(sys.argv[1])["epoch"], allow_pickle=False) as stored:
        rows, ours, other = stored["rows"], stored["probabilities"], stored["other_probabilities"]
        before, after, other_after = (
            [stored[name] for name in sorted(stored) if name.startswith(f"{w}/")] for w in _WHEN
        )
    x, x_test = items(task)
    recipe, facts = task.baseline, task.facts
    model = build(facts["layers"], facts["classes"], x.shape[1:], recipe.get("l2", 0.0))
    model.compile(keras.optimizers.SGD(task.rate(0)), "sparse_categorical_crossentropy")
    model.set_weights(before)
    start = model.predict(x_test, verbose=0)
    model.fit(x[rows], task.arrays["y_train"][rows], batch_size=recipe["batch_size"], shuffle=False, verbose=0)
    theirs = model.predict(x_test, verbose=0)
    found = {
        "steps": -(-len(rows) // recipe["batch_size"]),
        "kernels": [_apart(after, kernels, before) for kernels in (model.get_weights(), other_after)],
        "probabilities": [_apart([ours], [scores], [start]) for scores in (theirs, other)],
        "right": [float((scores.argmax(1) == task.arrays["y_test"]).mean()) for scores in (ours, theirs, other)],
    }
    print(json.dumps(found))


def _apart(ours: list[np.ndarray], theirs: list[np.ndarray], start: list[np.ndarray]) -> float:
    """How far both ends are apart, as a share of the way from the start.

    Of vectors nothing is counted: biases before batch norm change nothing, and move by rounding.
    """

    def between(some: list[np.ndarray], others: list[np.ndarray]) -> float:
        kernels = [(a - b).ravel() for a, b in zip(some, others, strict=True) if a.ndim > 1]
        return float(np.linalg.norm(np.concatenate(kernels)))

    return between(ours, theirs) / between(ours, start)


if __name__ == "__main__":
    main()
