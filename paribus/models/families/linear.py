"""The perceptron: no hidden layer."""

from __future__ import annotations

from paribus.models.blueprint import Blueprint, Conventions
from paribus.spec.parts import part


@part("model")
def linear(*, conventions: Conventions = "pytorch") -> Blueprint:
    """Softmax regression: one dense layer from the features to the classes."""
    return Blueprint(features=(), conventions=conventions)
