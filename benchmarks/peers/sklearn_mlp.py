"""scikit-learn's `MLPClassifier` for a fixed number of epochs, on all training rows."""

from __future__ import annotations

import warnings

import numpy as np
from common import Stopwatch, Task, answer
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier


def main() -> None:
    """Train a network a seed."""
    warnings.simplefilter("ignore", ConvergenceWarning)  # it is asked to stop before it converges
    task, watch = Task(), Stopwatch()
    arrays, recipe = task.arrays, task.baseline
    x, x_test = (arrays[f"x_{part}"].reshape(len(arrays[f"x_{part}"]), -1) for part in ("train", "test"))
    x, x_test = (part.astype(np.float32) / 255 for part in (x, x_test))
    hidden = tuple(layer["units"] for layer in task.facts["layers"] if layer["layer"] == "Dense")
    epochs, batch_size = recipe["epochs"], recipe["batch_size"]
    accuracy, parameters = [], 0
    for seed in task.seeds:
        model = MLPClassifier(
            hidden, batch_size=batch_size, max_iter=epochs, n_iter_no_change=epochs + 1, random_state=seed
        )
        watch.start()
        model.fit(x, arrays["y_train"])
        accuracy.append(float(model.score(x_test, arrays["y_test"])))
        watch.stop()
        parameters = sum(part.size for part in (*model.coefs_, *model.intercepts_))
    answer(watch, epochs * len(task.seeds), accuracy, parameters)


if __name__ == "__main__":
    main()
