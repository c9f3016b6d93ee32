"""Any network, as a list of its layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from paribus.models.blueprint import (
    Blueprint,
    Conv,
    DepthwiseConv,
    Flatten,
    Framework,
    Init,
    Layer,
    Residual,
    Weights,
    nested,
)
from paribus.models.listed import Layers, check_axes, noun_of, on_paper
from paribus.spec.base import Record, wrong
from paribus.spec.parts import part


class Head(Record):
    """What holds for the weights of the head."""

    bias: bool = Field(default=True, description="Whether each class has a bias.")
    init: Init | None = Field(default=None, description="How weights are drawn; by the conventions unless given.")
    l2: float = Field(default=0.0, ge=0, description="Factor of the sum of squared weights in the loss.")
    l1: float = Field(default=0.0, ge=0, description="Factor of the sum of absolute weights in the loss.")


def _check_head(value: Any) -> dict[str, Any]:
    return Head.model_validate(value).model_dump(mode="json", exclude_defaults=True)


def _check_way(layers: tuple[Mapping[str, Any], ...]) -> tuple[Mapping[str, Any], ...]:
    """Refuse layers that cannot follow one another, whatever the data."""
    images = _sees_images(on_paper(layers))
    if check_axes(layers, 3 if images else 1) == 3:
        raise wrong("must lead to rows of features, found images at the end. Add flatten or global_average_pool")
    return layers


HeadOptions = Annotated[dict[str, Any], BeforeValidator(_check_head), WithJsonSchema(Head.model_json_schema())]


@part("model")
def sequential(
    *,
    layers: Annotated[Layers, AfterValidator(_check_way)],
    head: HeadOptions = {},  # noqa: B006  (never changed; paths such as model.head.l2 reach into it)
    conventions: Framework = "pytorch",
) -> Blueprint:
    """The layers in a list, one after another; the head, a dense layer of one output per class, follows by itself.

    Items come as images where a layer takes images, or one stands before `flatten`; else as rows of features.
    """
    found = [(noun, f"model.layers[{at}]") for at, noun in enumerate(map(noun_of, layers)) if noun]
    images = _sees_images([noun for noun, _ in found])
    kept = [(noun, place) for noun, place in found if images or not isinstance(noun, Flatten)]
    nouns = _as_in(conventions, [noun for noun, _ in kept])
    return Blueprint(nouns, conventions, images, Weights(**head), tuple(place for _, place in kept))


def _sees_images(layers: Sequence[Layer]) -> bool:
    return any(layer.takes == 3 for layer in nested(layers)) or any(isinstance(layer, Flatten) for layer in layers[1:])


def _as_in(conventions: Framework, layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """The layers as a framework means them: where a stride leaves pixels out, Keras pads on one side."""
    return tuple(map(_as_in_keras, layers)) if conventions == "keras" else tuple(layers)


def _as_in_keras(layer: Layer) -> Layer:
    match layer:
        case Conv(stride=stride, padding="same") if stride > 1:
            return replace(layer, padding="same_by_stride")
        case DepthwiseConv(each=each):
            return DepthwiseConv(each=_as_in_keras(each))  # pyright: ignore[reportArgumentType]
        case Residual(inner=inner, shortcut=shortcut):
            return Residual(_as_in("keras", inner), _as_in("keras", shortcut))
        case _:
            return layer
