"""RMSprop."""

from __future__ import annotations

from paribus.spec.parts import part
from paribus.training.optimizers.update import Decay, Rate, Share, Update


@part("optimizer")
def rmsprop(
    *, lr: Rate = 0.001, rho: Share = 0.9, momentum: Share = 0.0, eps: Rate = 1e-7, weight_decay: Decay = 0.0
) -> Update:
    """RMSprop with Keras' defaults; PyTorch's are lr 0.01, rho 0.99, eps 1e-8. eps is added outside the root.

    Source: Tieleman & Hinton (2012), Coursera lecture 6e, in the form of `torch.optim.RMSprop`.
    """
    numbers = {"lr": lr, "alpha": rho, "momentum": momentum, "eps": eps, "weight_decay": weight_decay}
    return Update("RMSprop", numbers, fused=False)
