"""Networks for PyTorch."""

from __future__ import annotations

from typing import Any

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


def num_parameters(model: nn.Module) -> int:
    """Trained parameters."""
    return sum(parameter.numel() for parameter in model.parameters())
