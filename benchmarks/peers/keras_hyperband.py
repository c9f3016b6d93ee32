"""KerasTuner's Hyperband; then the default and the winner are trained with each seed, as the study's levels are."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import Any

import keras
import keras_tuner
import numpy as np
from common import Stopwatch, Task, answer
from keras_layers import build, compiled, items

Values = Mapping[str, Any]


def network(values: Values, task: Task, shape: tuple[int, ...]) -> keras.Sequential:
    """The MLP with these values by path of the recipe."""
    hidden = [{"layer": "Dense", "units": values["model.width"]}, {"layer": "Activate", "function": "relu"}]
    dropped = [{"layer": "Dropout", "rate": values["model.dropout"]}] if values["model.dropout"] else []
    layers = [*hidden, *dropped] * values["model.depth"]
    return compiled(build(layers, task.facts["classes"], shape), values["optimizer.lr"])


def draw(hp: keras_tuner.HyperParameters, space: Values) -> dict[str, Any]:
    """A point of the study's space."""
    return {path: _drawn(hp, path, values) for path, values in space.items()}


def _drawn(hp: keras_tuner.HyperParameters, path: str, values: Any) -> Any:
    if isinstance(values, list):
        return hp.Choice(path, values)
    return hp.Float(path, values["low"], values["high"], sampling="log" if values.get("log") else "linear")


def search(task: Task, x: np.ndarray) -> tuple[int, dict[str, Any]]:
    """Epochs trained, and the winner's values."""
    tune, (train, held_out), y = task.study["tune"], task.split(0), task.arrays["y_train"]
    with tempfile.TemporaryDirectory() as folder:
        tuner = keras_tuner.Hyperband(
            lambda hp: network(draw(hp, tune["space"]), task, x.shape[1:]),
            objective="val_loss",
            max_epochs=tune["max_epochs"],
            factor=tune["factor"],
            seed=0,
            directory=folder,
        )
        held = (x[held_out], y[held_out])
        tuner.search(x[train], y[train], batch_size=task.baseline["batch_size"], validation_data=held, verbose=0)
        trials = tuner.oracle.trials.values()
        failed = [trial.message for trial in trials if trial.status != "COMPLETED"]
        assert not failed, failed[0]
        drawn = [trial.hyperparameters.values for trial in trials]
        best = tuner.get_best_hyperparameters()[0].values
    return sum(values["tuner/epochs"] - values["tuner/initial_epoch"] for values in drawn), best


def train(task: Task, values: Values, seed: int, items: tuple[np.ndarray, np.ndarray]) -> float:
    """Test accuracy of the network with these values."""
    (x, x_test), y, recipe = items, task.arrays["y_train"], task.baseline
    chosen, held_out = task.split(seed)
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = network(values, task, x.shape[1:])
    options = {"batch_size": recipe["batch_size"], "epochs": recipe["epochs"], "verbose": 0}
    model.fit(x[chosen], y[chosen], validation_data=(x[held_out], y[held_out]), **options)
    return float(model.evaluate(x_test, task.arrays["y_test"], verbose=0)[1])


def main() -> None:
    """Search, then train a network a level and seed."""
    task, watch = Task(), Stopwatch()
    found, recipe = items(task), task.baseline
    keras.utils.set_random_seed(0)
    watch.start()
    epochs, best = search(task, found[0])
    default = {"model.dropout": 0.0, "optimizer.lr": recipe["optimizer"]["lr"]}
    default |= {f"model.{name}": recipe["model"][name] for name in ("width", "depth")}
    accuracy: list[float] = []
    for seed in task.seeds:
        train(task, default, seed, found)
        accuracy.append(train(task, best, seed, found))
        epochs += 2 * recipe["epochs"]
    watch.stop()
    answer(watch, epochs, accuracy, None)


if __name__ == "__main__":
    main()
