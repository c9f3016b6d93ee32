"""Keras: one `fit` a seed, with validation after each epoch, and `evaluate` on the test rows."""

from __future__ import annotations

import keras
from common import Stopwatch, Task, answer
from keras_layers import build, compiled, items, num_parameters


def main() -> None:
    """Train a network a seed."""
    task, watch = Task(), Stopwatch()
    (x, x_test), y, y_test = items(task), task.arrays["y_train"], task.arrays["y_test"]
    recipe, accuracy, parameters = task.baseline, [], 0
    for seed in task.seeds:
        keras.backend.clear_session()
        keras.utils.set_random_seed(seed)
        train, held_out = task.split(0 if "text" in task.data else seed)
        layers, classes = task.facts["layers"], task.facts["classes"]
        network = build(layers, classes, x.shape[1:], recipe.get("l2", 0.0))
        model = compiled(network, recipe["optimizer"]["lr"], task.falling_steps(len(train)))
        watch.start()
        model.fit(
            x[train],
            y[train],
            batch_size=recipe["batch_size"],
            epochs=recipe["epochs"],
            validation_data=(x[held_out], y[held_out]),
            verbose=0,
        )
        accuracy.append(float(model.evaluate(x_test, y_test, verbose=0)[1]))
        watch.stop()
        parameters = num_parameters(model)
    answer(watch, recipe["epochs"] * len(task.seeds), accuracy, parameters)


if __name__ == "__main__":
    main()
