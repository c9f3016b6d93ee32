"""Networks that the study files `own` and `failed` name."""

from torch import nn


def make(item_shape, num_outputs, *, width: int):
    (features,) = item_shape
    return nn.Sequential(nn.Linear(features, width), nn.ReLU(), nn.Linear(width, num_outputs))


class Breaks(nn.Sequential):
    def forward(self, items):
        if self.training:
            raise ValueError("this network breaks while it trains")
        return super().forward(items)


def breaks(item_shape, num_outputs, *, width: int):
    return Breaks(*make(item_shape, num_outputs, width=width))
