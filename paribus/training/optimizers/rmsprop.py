"""RMSprop."""

from __future__ import annotations

from paribus.models.blueprint import Conventions
from paribus.spec.parts import part
from paribus.training.optimizers.update import Decay, Rate, Share, Update


@part("optimizer")
def rmsprop(
    *,
    lr: Rate | None = None,
    rho: Share | None = None,
    momentum: Share = 0.0,
    eps: Rate | None = None,
    weight_decay: Decay = 0.0,
    conventions: Conventions = "pytorch",
) -> Update:
    """RMSprop; `weight_decay` times the weights goes into the gradient.

    `conventions`: PyTorch has lr 0.01, rho 0.99, eps 1e-8, added to the root; Keras 0.001, 0.9 and 1e-7, under it.

    Source: Tieleman & Hinton (2012), Coursera lecture 6e.
    """
    usual = {"pytorch": (0.01, 0.99, 1e-8), "keras": (0.001, 0.9, 1e-7)}[conventions]
    given = (lr, rho, eps)
    rate, decay, epsilon = (default if value is None else value for value, default in zip(given, usual, strict=True))
    numbers = {"lr": rate, "rho": decay, "eps": epsilon, "momentum": momentum, "decay": weight_decay}
    return Update("rmsprop_rule:RMSprop", {**numbers, "keras": conventions == "keras"})
