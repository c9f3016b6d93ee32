"""The perceptron: no hidden layer."""

from __future__ import annotations

from paribus.models.blueprint import Blueprint, Init
from paribus.spec.parts import part


@part("model")
def linear(*, init: Init = "pytorch") -> Blueprint:
    """Softmax regression: one dense layer from the features to the classes."""
    return Blueprint(features=(), init=init)
