"""Stochastic gradient descent."""

from __future__ import annotations

from paribus.spec.parts import part
from paribus.training.optimizers.update import Decay, Rate, Share, Update


@part("optimizer")
def sgd(*, lr: Rate = 0.01, momentum: Share = 0.0, nesterov: bool = False, weight_decay: Decay = 0.0) -> Update:
    """SGD with momentum, plain or Nesterov's; `weight_decay` times the weights goes into the gradient.

    Nesterov without momentum is plain SGD.

    Source: Sutskever et al. (2013), section 2, in the form of `torch.optim.SGD`.
    """
    numbers = {"lr": lr, "momentum": momentum, "nesterov": nesterov and momentum > 0, "weight_decay": weight_decay}
    return Update("SGD", numbers)
