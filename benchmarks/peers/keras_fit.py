"""Keras: one `fit` a seed, with validation after each epoch, and `evaluate` on the test rows."""

from __future__ import annotations

import keras
from common import Stopwatch, Task, answer
from keras_layers import build, compiled, features, items, num_parameters


def main() -> None:
    """Train a network a seed."""
    task, watch = Task(), Stopwatch()
    y, y_test = task.arrays["y_train"], task.arrays["y_test"]
    texts = "text" in task.data
    x, x_test = (None, None) if texts else items(task)
    recipe, accuracy, parameters = task.baseline, [], 0
    for seed in task.seeds:
        keras.backend.clear_session()
        keras.utils.set_random_seed(seed)
        train, held_out = task.split(seed)
        if texts:
            x = x_test = None  # before the next are made, as they take gigabytes
            x, x_test = features(task, seed)
        layers, classes = task.facts["layers"], task.facts["classes"]
        model = compiled(build(layers, classes, x.shape[1:], recipe.get("l2", 0.0)), task.rate(0))
        watch.start()
        model.fit(
            x[train],
            y[train],
            batch_size=recipe["batch_size"],
            epochs=recipe["epochs"],
            validation_data=(x[held_out], y[held_out]),
            callbacks=[keras.callbacks.LearningRateScheduler(task.rate)] if "schedule" in recipe else [],
            verbose=0,
        )
        accuracy.append(float(model.evaluate(x_test, y_test, verbose=0)[1]))
        watch.stop()
        parameters = num_parameters(model)
    answer(watch, recipe["epochs"] * len(task.seeds), accuracy, parameters)


if __name__ == "__main__":
    main()
