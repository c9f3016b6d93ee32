"""Adam with decoupled weight decay."""

from __future__ import annotations

from paribus.spec.parts import part
from paribus.training.optimizers.update import Decay, Rate, Share, Update


@part("optimizer")
def adamw(
    *, lr: Rate = 0.001, beta1: Share = 0.9, beta2: Share = 0.999, eps: Rate = 1e-8, weight_decay: Decay = 0.01
) -> Update:
    """AdamW: weights shrink by lr * weight_decay a step, apart from the gradient.

    Source: Loshchilov & Hutter (2019), arXiv 1711.05101, Algorithm 2.
    """
    return Update("AdamW", {"lr": lr, "betas": (beta1, beta2), "eps": eps, "weight_decay": weight_decay})
