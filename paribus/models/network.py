"""M networks in one module, built from their blueprints; or one, of the user's own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from paribus.errors import SpecError
from paribus.models import blueprint as paper
from paribus.models import layers
from paribus.models.blueprint import Blueprint
from paribus.models.families.own import OwnModel
from paribus.models.layers import images
from paribus.models.layers.merged import merged
from paribus.planning.streams import stream
from paribus.spec import Recipe
from paribus.spec.parts import call_part
from paribus.user_code import told


class Network(nn.Module):
    """Networks of equal structure, one a run: `features`, then `head`, whose outputs are scores in nats.

    Args:
        blueprints: one a run; they may differ in dropout rates only.
        seeds: one a run; equal layers of runs of one seed start equal, whatever surrounds them.
        item_shape: of the data set's items: (feature,), (row, column) or (channel, row, column).
        num_classes: classes to tell apart.
        sigmoid: one output for two classes; the other class' score is 0.
        bf16: image layers compute in bfloat16 from float32 weights; how dense layers multiply is set for the process.
    """

    accumulates = False

    def __init__(
        self,
        blueprints: Sequence[Blueprint],
        seeds: Sequence[int],
        item_shape: paper.Shape,
        num_classes: int,
        *,
        sigmoid: bool = False,
        bf16: bool = False,
    ) -> None:
        super().__init__()
        first = blueprints[0]
        self.num_runs, self.sigmoid, self.images = len(blueprints), sigmoid, first.images
        self.dtype = torch.bfloat16 if bf16 else torch.float32
        self.planes = (1, *item_shape) if len(item_shape) == 2 else item_shape
        build = _Builder(len(blueprints), first.conventions)
        ways = [blueprint.features for blueprint in blueprints]
        shape = first.item_shape(item_shape)
        self.features = build.sequence(ways, shape)
        fan_in = paper.shapes(first.features, shape)[-1][0]
        self.head = layers.Dense(len(blueprints), fan_in, 1 if sigmoid else num_classes)
        self._states_M4 = np.zeros((self.num_runs, 4), np.uint64)
        for module in self.modules():
            if isinstance(module, layers.Dropout):
                module.states_M4 = self._states_M4
        self._stages = layers.stages(merged((*self.features, self.head)))
        for path, module in self.named_modules():
            if isinstance(module, layers.Dense | images.Conv):
                _initialize(module, path, seeds, first)

    def forward(self, x_MBF: Tensor | layers.SparseRows) -> Tensor:
        """In evaluation: shape (run, row, feature) to (run, row, class)."""
        x: Any = self._items(x_MBF)
        for stage in self._stages:
            x = stage(x)
        return self._of_classes(x)

    def vjp(self, x_MBF: Tensor | layers.SparseRows) -> tuple[Tensor, layers.Pullback]:
        """In training: what `forward` returns, and what takes its gradient to the parameters'."""
        scores, back = layers.chain(self._stages, self._items(x_MBF), wanted=False)
        return self._of_classes(scores), (lambda grad: back(grad[:, :, 1:])) if self.sigmoid else back

    def _items(self, x_MBF: Tensor | layers.SparseRows) -> Tensor | layers.SparseRows:
        """Images as rows, columns, channels; they come channel by channel, as the data set has them."""
        if isinstance(x_MBF, layers.SparseRows):
            return x_MBF.beside(self.head.weight)
        if not self.images:
            return x_MBF
        x = x_MBF.unflatten(2, self.planes).permute(0, 1, 3, 4, 2).to(self.dtype)
        # a copy even of one channel: as it is, convolutions would take the channel to be first
        return x.clone(memory_format=torch.contiguous_format)

    def _of_classes(self, scores: Tensor) -> Tensor:
        return torch.cat([torch.zeros_like(scores), scores], dim=2) if self.sigmoid else scores

    @property
    def first_units(self) -> int:
        """Units of the first layer if it is fully connected, so that it takes `SparseRows`; else 0."""
        first = (*self.features, self.head)[0]
        return first.weight.shape[2] if isinstance(first, layers.Dense) else 0

    @property
    def heads(self) -> list[nn.Module]:
        """The head."""
        return [self.head]

    @property
    def trained(self) -> list[nn.Parameter]:
        """All parameters."""
        return list(self.parameters())

    @property
    def kernels(self) -> list[nn.Parameter]:
        """Weights of dense layers and convolutions, the head's too: what an L2 penalty is about."""
        return [m.weight for m in self.modules() if isinstance(m, layers.Dense | images.Conv)]

    def state_of(self, m: int) -> dict[str, Tensor]:
        """Parameters and running statistics of the run at place m, copied, without the run axis."""
        running = {k: v for k, v in self.named_buffers() if k.endswith(("running_mean", "running_var"))}
        return {k: v.detach()[m].clone() for k, v in (*self.named_parameters(), *running.items())}

    def restore(self, m: int, values: Mapping[str, Tensor]) -> None:
        """Give the run at place m what `state_of` returned; names that are not there stay as they are."""
        with torch.no_grad():
            for name, tensor in (*self.named_parameters(), *self.named_buffers()):
                if name in values:
                    tensor[m].copy_(values[name])

    def set_streams(self, streams: Sequence[np.random.Generator]) -> None:
        """Set what dropout layers draw from, all from the same, one a run; they must be SFC64."""
        for m, rng in enumerate(streams):
            state: Any = rng.bit_generator.state
            self._states_M4[m] = state["state"]["state"]


class OwnNetwork(nn.Module):
    """One network that a user's function made, under the names that `Network` has; its gradients are accumulated."""

    num_runs, accumulates, first_units = 1, True, 0

    def __init__(self, model: OwnModel, seed: int, item_shape: paper.Shape, num_classes: int, sigmoid: bool) -> None:
        super().__init__()
        self.sigmoid, self.item_shape = sigmoid, model.item_shape(item_shape)
        self.images = len(self.item_shape) > 1
        self.module = model.build(item_shape, 1 if sigmoid else num_classes, seed)
        for _, tensor in self._tensors():
            if 0 in tensor.stride():  # of `expand`: many elements in one place, which `restore` could not write
                tensor.data = tensor.data.clone(memory_format=torch.contiguous_format)

    def forward(self, x_MBF: Tensor | layers.SparseRows) -> Tensor:
        """Shape (1, row, feature) to (1, row, class)."""
        x_MBF = x_MBF if isinstance(x_MBF, Tensor) else self._dense(x_MBF)
        scores = self.module(x_MBF[0].unflatten(1, self.item_shape)).unsqueeze(0)
        return torch.cat([torch.zeros_like(scores), scores], dim=2) if self.sigmoid else scores

    @torch.enable_grad()
    def vjp(self, x_MBF: Tensor | layers.SparseRows) -> tuple[Tensor, layers.Pullback]:
        """What `forward` returns, and what adds to the gradients of the parameters, by PyTorch's autograd.

        Raises:
            SpecError: the batch has a single row, and a layer takes none, as PyTorch's batch norm does.
        """
        x_MBF = x_MBF if isinstance(x_MBF, Tensor) else self._dense(x_MBF)
        try:
            scores = self.forward(x_MBF)
        except ValueError as failed:
            if x_MBF.shape[1] > 1:
                raise
            raise SpecError(
                "The last batch of an epoch holds the one row that is left, and the model cannot be trained on it: "
                f"{told(failed)}. Choose another batch_size."
            ) from failed

        def back(grad: Tensor) -> Tensor:
            scores.backward(grad)
            return grad.new_empty(0)

        return scores.detach(), back

    @property
    def heads(self) -> list[nn.Module]:
        """The module and its fully connected layers: the one called last is the head."""
        return [self.module, *(m for m in self.module.modules() if isinstance(m, nn.Linear) and m is not self.module)]

    @property
    def trained(self) -> list[nn.Parameter]:
        """Parameters that the function did not freeze."""
        return [p for p in self.module.parameters() if p.requires_grad]

    @property
    def kernels(self) -> list[nn.Parameter]:
        """Trained parameters of two or more dimensions."""
        return [p for p in self.trained if p.dim() > 1]

    def state_of(self, m: int) -> dict[str, Tensor]:
        """Parameters and buffers, those too that PyTorch's `state_dict` leaves out, copied into memory without gaps."""
        return {k: v.detach().clone(memory_format=torch.contiguous_format) for k, v in self._tensors()}

    def restore(self, m: int, values: Mapping[str, Tensor]) -> None:
        """Give the module what `state_of` returned; names that are not there stay as they are."""
        with torch.no_grad():
            for name, tensor in self._tensors():
                if name in values:
                    tensor.copy_(values[name])

    def _dense(self, x_MBF: layers.SparseRows) -> Tensor:
        return x_MBF.dense().to(self._tensors()[0][1].device)

    def _tensors(self) -> list[tuple[str, Tensor]]:
        return [*self.module.named_parameters(), *self.module.named_buffers()]

    def set_streams(self, streams: Sequence[np.random.Generator]) -> None:
        """Users' layers draw from PyTorch's own generator: set it from the run's stream."""
        torch.default_generator.manual_seed(int(streams[0].integers(2**62)))


def make_network(
    recipes: Sequence[Recipe], seeds: Sequence[int], item_shape: paper.Shape, num_classes: int
) -> Network | OwnNetwork:
    """The networks of runs of equal structure, with their initial weights.

    Args:
        recipes: one a run.
        seeds: one a run.
        item_shape: of the data set's items.
        num_classes: classes to tell apart.
    """
    models = [call_part("model", recipe.model) for recipe in recipes]
    sigmoid = recipes[0].output == "sigmoid"
    if isinstance(models[0], OwnModel):
        return OwnNetwork(models[0], seeds[0], item_shape, num_classes, sigmoid)
    bf16 = recipes[0].precision == "bf16"
    return Network(models, seeds, item_shape, num_classes, sigmoid=sigmoid, bf16=bf16)


class _Builder:
    """Builds modules of M runs from the same place of each run's blueprint."""

    def __init__(self, num_runs: int, conventions: paper.Framework) -> None:
        self.num_runs = num_runs
        self.conventions: paper.Framework = conventions

    def sequence(self, ways: Sequence[Sequence[paper.Layer]], shape: paper.Shape) -> nn.Sequential:
        """The modules of a row of layers, named by their kind and number: dense_0, activation_0, dense_1."""
        found = nn.Sequential()
        for position in zip(*ways, strict=True):
            name, module = self._module(position, shape)
            number = sum(known.startswith(name) for known, _ in found.named_children())
            found.add_module(f"{name}_{number}", module)
            shape = paper.shape_after(position[0], shape)
        return found

    def _module(self, position: Sequence[paper.Layer], shape: paper.Shape) -> tuple[str, nn.Module]:
        match position[0]:
            case paper.Dense(units):
                return "dense", layers.Dense(self.num_runs, shape[0], units)
            case paper.BatchNorm():
                normalize = images.normalize_images if len(shape) == 3 else layers.normalize
                return "batch_norm", layers.BatchNorm(self.num_runs, shape[-1], self.conventions, normalize)
            case paper.Activate(function):
                return "activation", layers.Activate(function, self.conventions)
            case paper.Dropout():
                return "dropout", layers.Dropout([getattr(layer, "rate") for layer in position])  # noqa: B009
            case paper.Residual():
                inner, shortcut = ([getattr(layer, way) for layer in position] for way in ("inner", "shortcut"))
                return "residual", layers.Residual(self.sequence(inner, shape), self.sequence(shortcut, shape))
            case layer:
                return _image_module(layer, self.num_runs, shape[-1])


def _image_module(layer: paper.Layer, num_runs: int, channels: int) -> tuple[str, nn.Module]:
    match layer:
        case paper.Conv(filters, kernel_size, stride):
            return "conv", images.Conv(num_runs, channels, filters, kernel_size, stride)
        case paper.MaxPool(size, stride):
            return "max_pool", images.MaxPool(size, stride)
        case paper.AveragePool():
            return "average_pool", images.AveragePool()
        case paper.LocalResponseNorm():
            return "local_response_norm", images.LocalResponseNorm()
        case _:
            return "flatten", images.Flatten()


def _initialize(layer: layers.Dense | images.Conv, path: str, seeds: Sequence[int], blueprint: Blueprint) -> None:
    """Draw initial weights from each run's own stream.

    Source: `pytorch` is the default of `torch.nn.Linear` and `Conv2d`, weights and biases uniform within
    1 / sqrt(fan_in); `keras` that of `Dense` and `Conv2D`, weights uniform within sqrt(6 / (fan_in + fan_out)),
    biases 0 (Glorot & Bengio 2010, equation 16); `sklearn` that of `MLPClassifier`, the same with biases within the
    same bound, and 2 for 6 where units are logistic.
    """
    shape = tuple(layer.weight.shape[1:])
    if isinstance(layer, layers.Dense):  # (input, output)
        fan_in, fan_out = shape[0], shape[1]
    else:  # (filter, channel, row, column)
        fan_in, fan_out = math.prod(shape[1:]), shape[0] * math.prod(shape[2:])
    conventions = blueprint.conventions
    logistic = conventions == "sklearn" and paper.Activate("sigmoid") in blueprint.features
    glorot = math.sqrt((2 if logistic else 6) / (fan_in + fan_out))
    bound = 1 / math.sqrt(fan_in) if conventions == "pytorch" else glorot
    with torch.no_grad():
        for m, seed in enumerate(seeds):
            rng = stream(seed, "init", path, *shape)
            layer.weight[m] = _uniform(rng, shape, bound)
            if conventions != "keras":
                layer.bias[m] = _uniform(rng, tuple(layer.bias.shape[1:]), bound)


def _uniform(rng: np.random.Generator, shape: tuple[int, ...], bound: float) -> Tensor:
    return torch.from_numpy(((rng.random(shape) * 2 - 1) * bound).astype(np.float32))
