"""Adam with decoupled weight decay."""

from __future__ import annotations

from paribus.models.blueprint import Conventions
from paribus.spec.parts import part
from paribus.training.optimizers.update import Decay, Rate, Share, Update


@part("optimizer")
def adamw(
    *,
    lr: Rate = 0.001,
    beta1: Share = 0.9,
    beta2: Share = 0.999,
    eps: Rate | None = None,
    weight_decay: Decay | None = None,
    conventions: Conventions = "pytorch",
) -> Update:
    """AdamW: weights shrink by lr * weight_decay a step, apart from the gradient.

    `conventions`: PyTorch has weight decay 0.01 and eps 1e-8, added after the bias correction; Keras 0.004 and 1e-7,
    added before.

    Source: Loshchilov & Hutter (2019), arXiv 1711.05101, Algorithm 2.
    """
    keras = conventions == "keras"
    usual_eps, usual_decay = (1e-7, 0.004) if keras else (1e-8, 0.01)
    decay = usual_decay if weight_decay is None else weight_decay
    numbers = {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps or usual_eps, "keras": keras}
    return Update("adam_rule:Adam", {**numbers, "decay": 0.0, "shrink": decay})
