"""Adam."""

from __future__ import annotations

from paribus.models.blueprint import Conventions
from paribus.spec.parts import part
from paribus.training.optimizers.update import Decay, Rate, Share, Update


@part("optimizer")
def adam(
    *,
    lr: Rate = 0.001,
    beta1: Share = 0.9,
    beta2: Share = 0.999,
    eps: Rate | None = None,
    weight_decay: Decay = 0.0,
    conventions: Conventions = "pytorch",
) -> Update:
    """Adam; `weight_decay` times the weights goes into the gradient.

    `conventions`: PyTorch has eps 1e-8, added after the bias correction; Keras 1e-7, added before.

    Source: Kingma & Ba (2015), arXiv 1412.6980, Algorithm 1; Keras' form is the one at the end of section 2.
    """
    keras = conventions == "keras"
    numbers = {"lr": lr, "beta1": beta1, "beta2": beta2, "eps": eps or (1e-7 if keras else 1e-8), "keras": keras}
    return Update("adam_rule:Adam", {**numbers, "decay": weight_decay, "shrink": 0.0})
