"""Networks for PyTorch."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn


def build(layers: list[dict[str, Any]], classes: int, features: int) -> nn.Sequential:
    """The MLP of these layers, with its head."""
    found: list[nn.Module] = [nn.Flatten()]
    for layer in layers:
        match layer:
            case {"layer": "Dense", "units": units}:
                found.append(nn.Linear(features, units))
                features = units
            case {"layer": "Activate", "function": "relu"}:
                found.append(nn.ReLU())
            case other:
                raise ValueError(f"no PyTorch layer is known for {other}")
    return nn.Sequential(*found, nn.Linear(features, classes))


class Stepper:
    """Adam, whose rate falls along a cosine for so many steps."""

    def __init__(self, model: nn.Module, falling_steps: int | None) -> None:
        self._optimizer = torch.optim.Adam(model.parameters())
        self.zero_grad = self._optimizer.zero_grad
        falling = torch.optim.lr_scheduler.CosineAnnealingLR
        self._schedule = falling(self._optimizer, falling_steps) if falling_steps else None

    def step(self) -> None:
        """One step."""
        self._optimizer.step()
        if self._schedule:
            self._schedule.step()


def num_parameters(model: nn.Module) -> int:
    """Trained parameters."""
    return sum(parameter.numel() for parameter in model.parameters())
