"""Stochastic gradient descent."""

from __future__ import annotations

from paribus.models.blueprint import Conventions
from paribus.spec.parts import part
from paribus.training.optimizers.update import Decay, Rate, Share, Update


@part("optimizer")
def sgd(
    *,
    lr: Rate = 0.01,
    momentum: Share = 0.0,
    nesterov: bool = False,
    weight_decay: Decay = 0.0,
    conventions: Conventions = "pytorch",
) -> Update:
    """SGD with momentum, plain or Nesterov's; `weight_decay` times the weights goes into the gradient.

    Nesterov without momentum is plain SGD. `conventions`: the velocity sums gradients (PyTorch), or gradients times the
    learning rate of their step (Keras); the same as long as the rate stays.

    Source: Sutskever et al. (2013), section 2, in the forms of `torch.optim.SGD` and Keras' `SGD`.
    """
    numbers = {"lr": lr, "momentum": momentum, "nesterov": nesterov and momentum > 0, "decay": weight_decay}
    return Update("sgd_rule:SGD", {**numbers, "keras": conventions == "keras"})
