"""Stochastic gradient descent."""

from __future__ import annotations

from paribus.spec.parts import part
from paribus.training.optimizers.update import Decay, Rate, Share, Update


@part("optimizer")
def sgd(*, lr: Rate = 0.01, momentum: Share = 0.0, nesterov: bool = False, l2: Decay = 0.0) -> Update:
    """SGD with momentum, plain or Nesterov's; `l2` is added to the gradient. Nesterov without momentum is plain SGD.

    Source: Sutskever et al. (2013), section 2, in the form of `torch.optim.SGD`.
    """
    numbers = {"lr": lr, "momentum": momentum, "nesterov": nesterov and momentum > 0, "weight_decay": l2}
    return Update("SGD", numbers)
