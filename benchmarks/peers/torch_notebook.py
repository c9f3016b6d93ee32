"""PyTorch as notebooks write it: items prepared one by one, a DataLoader of two workers, `.item()` in each step."""

from __future__ import annotations

import numpy as np
import torch
from common import Stopwatch, Task, answer
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torch_layers import build, num_parameters


class Pictures(Dataset):
    """Images as torchvision's data sets give them, with its `ToTensor` and `Normalize` written out."""

    def __init__(self, x: np.ndarray, y: np.ndarray, mean: float, deviation: float) -> None:
        self.x, self.y, self.mean, self.deviation = x, y, (mean,), (deviation,)

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, row: int) -> tuple[Tensor, int]:
        image = self._to_tensor(Image.fromarray(self.x[row]))
        mean, deviation = (torch.as_tensor(values).view(-1, 1, 1) for values in (self.mean, self.deviation))
        return image.clone().sub_(mean).div_(deviation), int(self.y[row])

    @staticmethod
    def _to_tensor(picture: Image.Image) -> Tensor:
        pixels = torch.from_numpy(np.array(picture, np.uint8, copy=True)).view(picture.size[1], picture.size[0], 1)
        return pixels.permute(2, 0, 1).contiguous().to(torch.float32).div(255)


def train_epoch(model: nn.Module, loader: DataLoader, optimizer: torch.optim.Optimizer) -> None:
    """Once over the training rows, with the running loss and accuracy that notebooks print."""
    model.train()
    loss_of = nn.CrossEntropyLoss()
    running, correct = 0.0, 0
    for x, y in loader:
        optimizer.zero_grad()
        scores = model(x)
        loss = loss_of(scores, y)
        loss.backward()
        optimizer.step()
        running += loss.item() * len(y)
        correct += (scores.argmax(1) == y).sum().item()


@torch.no_grad()
def evaluate(model: nn.Module, loader: DataLoader) -> float:
    """Accuracy, with the loss beside it."""
    model.eval()
    loss_of = nn.CrossEntropyLoss()
    running, correct, count = 0.0, 0, 0
    for x, y in loader:
        scores = model(x)
        running += loss_of(scores, y).item() * len(y)
        correct += (scores.argmax(1) == y).sum().item()
        count += len(y)
    return correct / count


def main() -> None:
    """Train a network a seed."""
    task, watch = Task(), Stopwatch()
    arrays, recipe = task.arrays, task.baseline
    accuracy, parameters = [], 0
    for seed in task.seeds:
        torch.manual_seed(seed)
        train, held_out = task.split(seed)
        pixels = arrays["x_train"][train] / np.float32(255)
        scale = float(pixels.mean()), float(pixels.std())
        parts = [(arrays["x_train"][rows], arrays["y_train"][rows]) for rows in (train, held_out)]
        parts.append((arrays["x_test"], arrays["y_test"]))
        train_loader, held_loader, test_loader = (
            DataLoader(Pictures(*part, *scale), recipe["batch_size"], shuffle=number == 0, num_workers=2)
            for number, part in enumerate(parts)
        )
        model = build(task.facts["layers"], task.facts["classes"], int(np.prod(arrays["x_train"].shape[1:])))
        optimizer = torch.optim.Adam(model.parameters())
        watch.start()
        for epoch in range(recipe["epochs"]):
            optimizer.param_groups[0]["lr"] = task.rate(epoch)
            train_epoch(model, train_loader, optimizer)
            evaluate(model, held_loader)
        accuracy.append(evaluate(model, test_loader))
        watch.stop()
        parameters = num_parameters(model)
    answer(watch, recipe["epochs"] * len(task.seeds), accuracy, parameters)


if __name__ == "__main__":
    main()
