"""PyTorch by somebody who knows it: tensors in memory, rows by index, no `.item()` in a step, torch's own threads."""

from __future__ import annotations

import numpy as np
import torch
from common import Stopwatch, Task, answer
from torch import Tensor, nn
from torch.nn import functional
from torch_layers import build, num_parameters

Rows = tuple[Tensor, Tensor]


def train_epoch(model: nn.Module, rows: Rows, batch_size: int, optimizer: torch.optim.Optimizer) -> None:
    """Once over the training rows."""
    model.train()
    x, y = rows
    for batch in torch.randperm(len(y)).split(batch_size):
        optimizer.zero_grad()
        functional.cross_entropy(model(x[batch]), y[batch]).backward()
        optimizer.step()


@torch.inference_mode()
def evaluate(model: nn.Module, rows: Rows) -> float:
    """Accuracy."""
    model.eval()
    x, y = rows
    return float(torch.cat([model(part).argmax(1) for part in x.split(1024)]).eq(y).float().mean())


def main() -> None:
    """Train a network a seed."""
    task, watch = Task(), Stopwatch()
    recipe = task.baseline
    x, x_test = (torch.from_numpy(task.arrays[f"x_{part}"]).flatten(1) / 255 for part in ("train", "test"))
    y, y_test = (torch.from_numpy(task.arrays[f"y_{part}"]) for part in ("train", "test"))
    accuracy, parameters = [], 0
    for seed in task.seeds:
        torch.manual_seed(seed)
        train, held_out = (torch.from_numpy(np.sort(rows)) for rows in task.split(seed))
        mean, deviation = x[train].mean(), x[train].std()
        parts = [((x[rows] - mean) / deviation, y[rows]) for rows in (train, held_out)]
        model = build(task.facts["layers"], task.facts["classes"], x.shape[1])
        optimizer = torch.optim.Adam(model.parameters())
        watch.start()
        for epoch in range(recipe["epochs"]):
            optimizer.param_groups[0]["lr"] = task.rate(epoch)
            train_epoch(model, parts[0], recipe["batch_size"], optimizer)
            evaluate(model, parts[1])
        accuracy.append(evaluate(model, ((x_test - mean) / deviation, y_test)))
        watch.stop()
        parameters = num_parameters(model)
    answer(watch, recipe["epochs"] * len(task.seeds), accuracy, parameters)


if __name__ == "__main__":
    main()
