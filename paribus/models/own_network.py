"""The network of a user's function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from paribus.errors import SpecError
from paribus.models.blueprint import Shape, Weights
from paribus.models.families.own import OwnModel
from paribus.models.layers import Pullback, SparseRows
from paribus.user_code import describe_error


class OwnNetwork(nn.Module):
    """One network that a user's function made; see `Network`."""

    num_runs, accumulates, first_units = 1, True, 0

    def __init__(self, model: OwnModel, seed: int, item_shape: Shape, num_classes: int, sigmoid: bool) -> None:
        super().__init__()
        self.sigmoid, self.item_shape = sigmoid, model.item_shape(item_shape)
        self.images = len(self.item_shape) > 1
        self.module = model.build(item_shape, 1 if sigmoid else num_classes, seed)
        for _, tensor in self._tensors():
            if 0 in tensor.stride():  # of `expand`: many elements in one place, which `restore` could not write
                tensor.data = tensor.data.clone(memory_format=torch.contiguous_format)

    def forward(self, x_MBF: Tensor | SparseRows) -> Tensor:
        """Shape (1, row, feature) to (1, row, class)."""
        x_MBF = x_MBF if isinstance(x_MBF, Tensor) else self._dense(x_MBF)
        scores = self.module(x_MBF[0].unflatten(1, self.item_shape)).unsqueeze(0)
        return torch.cat([torch.zeros_like(scores), scores], dim=2) if self.sigmoid else scores

    @torch.enable_grad()
    def vjp(self, x_MBF: Tensor | SparseRows) -> tuple[Tensor, Pullback]:
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
                f"{describe_error(failed)}. Choose another batch_size."
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

    @property
    def penalties(self) -> list[Sequence[Weights]]:
        """None: a user's layers have no options of their own."""
        return [[Weights()] for _ in self.kernels]

    def state_of(self, m: int) -> dict[str, Tensor]:
        """Parameters and buffers, those too that PyTorch's `state_dict` leaves out, copied into memory without gaps."""
        return {k: v.detach().clone(memory_format=torch.contiguous_format) for k, v in self._tensors()}

    def restore(self, m: int, values: Mapping[str, Tensor]) -> None:
        """Give the module what `state_of` returned; names that are not there stay as they are."""
        with torch.no_grad():
            for name, tensor in self._tensors():
                if name in values:
                    tensor.copy_(values[name])

    def _dense(self, x_MBF: SparseRows) -> Tensor:
        return x_MBF.dense().to(self._tensors()[0][1].device)

    def _tensors(self) -> list[tuple[str, Tensor]]:
        return [*self.module.named_parameters(), *self.module.named_buffers()]

    def set_streams(self, streams: Sequence[np.random.Generator]) -> None:
        """Users' layers draw from PyTorch's own generator: set it from the run's stream."""
        torch.default_generator.manual_seed(int(streams[0].integers(2**62)))
