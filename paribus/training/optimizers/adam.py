"""Adam."""

from __future__ import annotations

from paribus.spec.parts import part
from paribus.training.optimizers.update import Decay, Rate, Share, Update


@part("optimizer")
def adam(
    *, lr: Rate = 0.001, beta1: Share = 0.9, beta2: Share = 0.999, eps: Rate = 1e-8, weight_decay: Decay = 0.0
) -> Update:
    """Adam; `weight_decay` times the weights goes into the gradient. PyTorch's defaults; Keras' eps is 1e-7.

    Source: Kingma & Ba (2015), arXiv 1412.6980, Algorithm 1.
    """
    return Update("Adam", {"lr": lr, "betas": (beta1, beta2), "eps": eps, "weight_decay": weight_decay})
