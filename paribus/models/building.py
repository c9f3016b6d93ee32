"""From a network on paper to the modules of its runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

from paribus.models import blueprint as paper
from paribus.models import layers
from paribus.models.layers import images, norms


@dataclass(frozen=True)
class Place:
    """One place of the networks of M runs.

    Args:
        runs: the layer that each run has there, all of one structure.
        shape: of its input.
        conventions: the framework whose defaults are used.
    """

    runs: Sequence[Any]
    shape: paper.Shape
    conventions: paper.Framework

    @property
    def epsilon(self) -> float:
        """What is added to a variance; by default that of `torch.nn.LayerNorm`, or Keras' `LayerNormalization`."""
        given = self.runs[0].epsilon
        return (1e-3 if self.conventions == "keras" else 1e-5) if given is None else given


def sequence(ways: Sequence[Sequence[paper.Layer]], shape: paper.Shape, conventions: paper.Framework) -> nn.Sequential:
    """The modules of a row of layers, named by their kind and number: dense_0, activation_0, dense_1.

    Args:
        ways: the layers of each run, all of one structure.
        shape: of the input.
        conventions: the framework whose defaults are used.
    """
    modules = nn.Sequential()
    for runs in zip(*ways, strict=True):
        name, make = _MODULES[type(runs[0])]
        number = sum(other.startswith(name) for other, _ in modules.named_children())
        modules.add_module(f"{name}_{number}", make(Place(runs, shape, conventions)))
        shape = runs[0].shape_after(shape)
    return modules


def dense(place: Place) -> layers.Dense:
    """The dense layers of all runs."""
    weights = [layer.weights for layer in place.runs]
    return layers.Dense(len(weights), place.shape[0], place.runs[0].units, weights)


def _batch_norm(place: Place) -> nn.Module:
    norm, normalize = place.runs[0], images.normalize_images if len(place.shape) == 3 else layers.normalize
    size = len(place.runs), place.shape[-1]
    return layers.BatchNorm(*size, place.conventions, normalize, (norm.momentum, norm.epsilon))


def _group_norm(place: Place) -> nn.Module:
    return norms.GroupNorm(len(place.runs), place.shape[-1], place.epsilon, place.runs[0].groups)


def _activation(place: Place) -> nn.Module:
    return layers.Activate(place.runs[0].function, place.conventions, place.runs[0].slope)


def _depthwise_conv(place: Place) -> nn.Module:
    return images.Conv(place.shape, [layer.each for layer in place.runs], groups=place.shape[2])


def _residual(place: Place) -> nn.Module:
    ways = [layer.inner for layer in place.runs], [layer.shortcut for layer in place.runs]
    return layers.Residual(*(sequence(way, place.shape, place.conventions) for way in ways))


def _rates(place: Place) -> list[float]:
    return [layer.rate for layer in place.runs]


_MODULES: dict[type[paper.Layer], tuple[str, Callable[[Place], nn.Module]]] = {
    paper.Dense: ("dense", dense),
    paper.Conv: ("conv", lambda place: images.Conv(place.shape, place.runs)),
    paper.DepthwiseConv: ("depthwise_conv", _depthwise_conv),
    paper.BatchNorm: ("batch_norm", _batch_norm),
    paper.LayerNorm: (
        "layer_norm",
        lambda place: norms.LayerNorm(len(place.runs), place.shape[-1], place.epsilon),
    ),
    paper.GroupNorm: ("group_norm", _group_norm),
    paper.LocalResponseNorm: ("local_response_norm", lambda place: norms.LocalResponseNorm(place.runs[0])),
    paper.Activate: ("activation", _activation),
    paper.Dropout: ("dropout", lambda place: layers.Dropout(_rates(place))),
    paper.SpatialDropout: ("spatial_dropout", lambda place: images.SpatialDropout(_rates(place))),
    paper.MaxPool: ("max_pool", lambda place: images.MaxPool(place.runs[0].size, place.runs[0].stride)),
    paper.AveragePool: ("average_pool", lambda place: images.AveragePool(place.runs[0].size, place.runs[0].stride)),
    paper.GlobalAveragePool: ("global_average_pool", lambda _: images.GlobalAveragePool()),
    paper.Flatten: ("flatten", lambda _: images.Flatten()),
    paper.Residual: ("residual", _residual),
}
"""What a layer is called in a network, and what makes its module."""
