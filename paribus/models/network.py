"""The networks of a cohort in one module; or one, of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from paribus.models import blueprint as paper
from paribus.models import layers
from paribus.models.blueprint import Blueprint, model_of
from paribus.models.building import Place, dense, sequence
from paribus.models.families.own import OwnModel
from paribus.models.initial_weights import Weighted, initialize
from paribus.models.layers.merged import merged
from paribus.models.own_network import OwnNetwork
from paribus.spec import Recipe


class Network(Protocol):
    """The networks of a cohort, as training sees them: `StackedNetwork`, or `OwnNetwork`, which is one.

    Outputs are scores in nats.
    """

    sigmoid: bool

    @property
    def accumulates(self) -> bool:
        """Whether `vjp` adds to the gradients of the parameters, which must then be zero; else it overwrites them."""
        ...

    @property
    def num_runs(self) -> int:
        """Runs of the cohort."""
        ...

    @property
    def images(self) -> bool:
        """Whether items are seen as images, which take memory."""
        ...

    @property
    def first_units(self) -> int:
        """Units of the first layer if it gains from `SparseRows`; else 0."""
        ...

    @property
    def heads(self) -> list[nn.Module]:
        """Modules of which the last one called is the head."""
        ...

    @property
    def trained(self) -> list[nn.Parameter]:
        """Parameters that are trained."""
        ...

    @property
    def kernels(self) -> list[nn.Parameter]:
        """Parameters that an L2 penalty is about."""
        ...

    @property
    def penalties(self) -> list[Sequence[paper.Weights]]:
        """Of each of the kernels, what each run's layer asks for itself."""
        ...

    def __call__(self, x_MBF: Tensor | layers.SparseRows) -> Tensor:
        """In evaluation: shape (run, row, feature) to (run, row, class)."""
        ...

    def vjp(self, x_MBF: Tensor | layers.SparseRows) -> tuple[Tensor, layers.Pullback]:
        """In training: scores, and what takes their gradient to the parameters'."""
        ...

    def state_of(self, m: int) -> dict[str, Tensor]:
        """Parameters and running statistics of the run at place m, copied, without the run axis."""
        ...

    def restore(self, m: int, values: Mapping[str, Tensor]) -> None:
        """Give the run at place m what `state_of` returned; names that are not there stay as they are."""
        ...

    def set_streams(self, streams: Sequence[np.random.Generator]) -> None:
        """Set what layers draw from, one stream per run."""
        ...

    def train(self) -> Self:
        """See `nn.Module`."""
        ...

    def eval(self) -> Self:
        """See `nn.Module`."""
        ...

    def to(self, device: str) -> Self:
        """See `nn.Module`."""
        ...

    def register_forward_hook(self, hook: Callable[..., None]) -> RemovableHandle:
        """See `nn.Module`."""
        ...


class StackedNetwork(nn.Module):
    """Networks of equal structure, one per run: `features`, then `head`; see `Network`.

    Args:
        blueprints: one per run; they may differ in dropout rates and penalties only.
        seeds: one per run; equal layers of runs of one seed start equal, whatever surrounds them.
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
        ways = [blueprint.features for blueprint in blueprints]
        shape = first.item_shape(item_shape)
        self.features = sequence(ways, shape, first.conventions)
        heads = [paper.Dense(1 if sigmoid else num_classes, blueprint.head) for blueprint in blueprints]
        self.head = dense(Place(heads, paper.shapes(first.features, shape)[-1], first.conventions))
        self._states_M4 = np.zeros((self.num_runs, 4), np.uint64)
        for module in self.modules():
            if isinstance(module, layers.Dropout):
                module.states_M4 = self._states_M4
        self._stages = layers.stages(merged((*self.features, self.head)))
        for path, module in self.named_modules():
            if isinstance(module, Weighted):
                initialize(module, path, seeds, first)

    def forward(self, x_MBF: Tensor | layers.SparseRows) -> Tensor:
        """In evaluation: shape (run, row, feature) to (run, row, class)."""
        x: Any = self._items(x_MBF)
        for stage in self._stages:
            x = stage(x)
        return self._of_classes(x)

    def vjp(self, x_MBF: Tensor | layers.SparseRows) -> tuple[Tensor, layers.Pullback]:
        """In training: what `forward` returns, and what takes its gradient to the parameters'."""
        scores, back = layers.chain(self._stages, self._items(x_MBF), needs_input_grad=False)
        return self._of_classes(scores), (lambda grad: back(grad[:, :, 1:])) if self.sigmoid else back

    def _items(self, x_MBF: Tensor | layers.SparseRows) -> Tensor | layers.SparseRows:
        """Images as rows, columns, channels; they come channel by channel, as the data set has them."""
        if isinstance(x_MBF, layers.SparseRows):
            return x_MBF.beside(self.head.weight) if self.first_units else x_MBF.dense().to(self.head.weight.device)
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
        return [m.weight for m in self.modules() if isinstance(m, Weighted)]

    @property
    def penalties(self) -> list[Sequence[paper.Weights]]:
        """Of each of the kernels, what each run's layer asks for itself."""
        return [m.weights for m in self.modules() if isinstance(m, Weighted)]

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
        """Set what dropout layers draw from, all from the same, one per run; they must be SFC64."""
        for m, rng in enumerate(streams):
            state: Any = rng.bit_generator.state
            self._states_M4[m] = state["state"]["state"]


def make_network(recipes: Sequence[Recipe], seeds: Sequence[int], item_shape: paper.Shape, num_classes: int) -> Network:
    """The networks of runs of equal structure, with their initial weights.

    Args:
        recipes: one per run.
        seeds: one per run.
        item_shape: of the data set's items.
        num_classes: classes to tell apart.
    """
    models = [model_of(recipe) for recipe in recipes]
    sigmoid, bf16 = recipes[0].output == "sigmoid", recipes[0].precision == "bf16"
    if isinstance(models[0], OwnModel):
        return OwnNetwork(models[0], seeds[0], item_shape, num_classes, sigmoid)
    blueprints = [model for model in models if isinstance(model, Blueprint)]
    return StackedNetwork(blueprints, seeds, item_shape, num_classes, sigmoid=sigmoid, bf16=bf16)
