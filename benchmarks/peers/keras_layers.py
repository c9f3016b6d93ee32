"""Data and networks for Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from common import Task
from sklearn.feature_extraction.text import TfidfVectorizer


def features(task: Task, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Training and test texts as dense TF-IDF, float32, whose terms are chosen by the training rows of the seed."""
    train, test = _texts(task, "train"), _texts(task, "test")
    vectorizer = TfidfVectorizer(max_features=task.data["text"]["max_features"], dtype=np.float32)
    vectorizer.fit([train[row] for row in task.split(seed)[0]])
    return vectorizer.transform(train).toarray(), vectorizer.transform(test).toarray()


def items(task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Training and test items, float32: pixels / 255, as images or flat."""
    shaped = _images if task.facts["images"] else _flat
    x_train, x_test = (shaped(task.arrays[f"x_{part}"]).astype(np.float32) / 255 for part in ("train", "test"))
    return x_train, x_test


def build(layers: list[dict[str, Any]], classes: int, shape: tuple[int, ...], l2: float = 0.0) -> keras.Sequential:
    """The network of these layers with a softmax head; `l2` is for every kernel."""

    def penalty() -> keras.Regularizer | None:
        return keras.regularizers.L2(l2) if l2 else None

    found = [_layer(layer, penalty()) for layer in layers]
    head = keras.layers.Dense(classes, activation="softmax", kernel_regularizer=penalty())
    return keras.Sequential([keras.Input(shape), *found, head])


def compiled(model: keras.Sequential, learning_rate: float) -> keras.Sequential:
    """Ready to be fitted with Adam."""
    optimizer = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def num_parameters(model: keras.Sequential) -> int:
    """Trained parameters."""
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def _layer(layer: dict[str, Any], penalty: keras.Regularizer | None) -> keras.Layer:
    options = {name: value for name, value in layer.items() if name != "layer"}
    return _LAYERS[layer["layer"]](penalty, **options)


def _dense(penalty: keras.Regularizer | None, units: int) -> keras.Layer:
    return keras.layers.Dense(units, kernel_regularizer=penalty)


def _conv(penalty: keras.Regularizer | None, filters: int, kernel_size: int, stride: int) -> keras.Layer:
    return keras.layers.Conv2D(filters, kernel_size, stride, padding="same", kernel_regularizer=penalty)


def _activation(_: Any, function: str) -> keras.Layer:
    return keras.layers.LeakyReLU() if function == "leaky_relu" else keras.layers.Activation(function)


_LAYERS: dict[str, Callable[..., keras.Layer]] = {
    "Dense": _dense,
    "Conv": _conv,
    "BatchNorm": lambda _: keras.layers.BatchNormalization(),
    "Activate": _activation,
    "Dropout": lambda _, rate: keras.layers.Dropout(rate),
    "MaxPool": lambda _, size, stride: keras.layers.MaxPooling2D(size, stride),
    "LocalResponseNorm": lambda _: keras.layers.Lambda(_local_response_norm),
    "Flatten": lambda _: keras.layers.Flatten(),
}


def _local_response_norm(x: tf.Tensor) -> tf.Tensor:
    """Over five channels; TensorFlow does not divide alpha, 1e-4, by their number."""
    return tf.nn.local_response_normalization(x, depth_radius=2, bias=2.0, alpha=1e-4 / 5, beta=0.75)


def _images(x: np.ndarray) -> np.ndarray:
    """Channels last."""
    return x[..., None] if x.ndim == 3 else x.transpose(0, 2, 3, 1)


def _flat(x: np.ndarray) -> np.ndarray:
    return x.reshape(len(x), -1)


def _texts(task: Task, part: str) -> list[str]:
    pieces = np.split(task.arrays[f"bytes_{part}"], task.arrays[f"ends_{part}"][:-1])
    return [piece.tobytes().decode() for piece in pieces]
