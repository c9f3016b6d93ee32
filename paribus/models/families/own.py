"""A model of the user's own: a function that returns a `torch.nn.Module`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from paribus.errors import SpecError
from paribus.models.blueprint import Shape
from paribus.planning.streams import stream
from paribus.spec.parts import adapter
from paribus.user_code import describe_error, name_of

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class OwnModel:
    """Stands where registered families have a blueprint.

    Args:
        factory: called with the shape of an item and the number of outputs, then the options by name; returns a module
            that takes items, shape (row, *item), and returns scores in nats, shape (row, output).
        options: by name.
    """

    factory: Callable[..., Any]
    options: Mapping[str, Any]
    stacks: ClassVar[bool] = False

    def item_shape(self, shape: Shape) -> Shape:
        """How the module sees items of `shape`: images as (channel, row, column), all else as it is."""
        return (1, *shape) if len(shape) == 2 else tuple(shape)

    def build(self, item_shape: Shape, num_outputs: int, seed: int) -> nn.Module:
        """The module, its initial weights drawn from PyTorch's own generator, which `seed` sets for this.

        Raises:
            SpecError: the function raised, or returned something else.
        """
        import torch
        from torch.nn.parameter import is_lazy

        name = name_of(self.factory)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(int(stream(seed, "init", name).integers(2**62)))
            try:
                module = self.factory(self.item_shape(item_shape), num_outputs, **self.options)
                if isinstance(module, torch.nn.Module) and any(map(is_lazy, module.parameters())):
                    module.eval()(torch.zeros(2, *self.item_shape(item_shape)))  # which gives them their shapes
                    module.train()
            except KeyboardInterrupt:
                raise
            except BaseException as failed:  # whatever it raises, be it the end of the program
                raise SpecError(f"model {name} raised {describe_error(failed)}. Mend the function.") from failed
        if not isinstance(module, torch.nn.Module):
            raise SpecError(f"model {name} returned {type(module).__name__}; asked is a torch.nn.Module.")
        return module

    def parameters(self, item_shape: Shape, num_outputs: int) -> int:
        """Number of trained parameters; the module is built, and tried on two items.

        Raises:
            SpecError: it cannot be built, cannot take such items, gives no score an output, or has nothing to train.
        """
        module = self.build(item_shape, num_outputs, 0)
        self._forward_operations(module, item_shape, num_outputs)
        trained = sum(p.numel() for p in module.parameters() if p.requires_grad)
        if not trained:
            raise SpecError(f"model {name_of(self.factory)} has no parameter with requires_grad; one must be trained.")
        return trained

    def operations(self, item_shape: Shape, num_outputs: int) -> int:
        """Multiplications and additions of a forward pass, an item; arguments as for `parameters`."""
        return self._forward_operations(self.build(item_shape, num_outputs, 0), item_shape, num_outputs)

    def _forward_operations(self, module: nn.Module, item_shape: Shape, num_outputs: int) -> int:
        import torch
        from torch.utils.flop_counter import FlopCounterMode

        shape = self.item_shape(item_shape)
        try:
            with torch.no_grad(), FlopCounterMode(display=False) as counter:
                scores = module.eval()(torch.zeros(2, *shape))
        except KeyboardInterrupt:
            raise
        except BaseException as failed:
            raise SpecError(
                f"model {name_of(self.factory)} cannot take items of shape (2, {', '.join(map(str, shape))}): "
                f"{describe_error(failed)}. Mend the module."
            ) from failed
        if not isinstance(scores, torch.Tensor) or scores.shape != (2, num_outputs):
            found = tuple(scores.shape) if isinstance(scores, torch.Tensor) else type(scores).__name__
            raise SpecError(f"model {name_of(self.factory)} gives {found} for 2 items; asked is (2, {num_outputs}).")
        return max(counter.get_total_flops() // 2, math.prod(shape))


@adapter("model")
def own_model(factory: Callable[..., Any], options: Mapping[str, Any]) -> OwnModel:
    """What a study that names a user's function trains."""
    return OwnModel(factory, options)
