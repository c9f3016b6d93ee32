"""What is trained on both sides: the paribus study, and the script of the peer that trains the same network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.equal import ALPHA

KERAS_ADAM = {"kind": "adam", "lr": 0.001, "conventions": "keras"}


@dataclass(frozen=True)
class Learning:
    """How what two sides learn is compared.

    Args:
        margin: difference of test accuracies that counts as none.
        epochs: of each run.
        seeds: of the runs; more where they differ more.
        peer_seeds: of the peer's, if fewer, as they take longer.
        alpha: p below which equivalence is shown.
    """

    margin: float
    epochs: int
    seeds: range = range(5)
    peer_seeds: range | None = None
    alpha: float = ALPHA


@dataclass(frozen=True)
class Workload:
    """One kind of training.

    Args:
        title: what is trained, in words.
        arrays: name of the data set.
        peer: script in `peers/`, without its suffix.
        goal: ratio of speeds that paribus is meant to reach.
        data: preparation, as in a study file.
        baseline: as in a study file, but for the epochs.
        epochs: of each run, in a measurement of speed.
        seeds: of the runs.
        learning: None where it is not compared.
        rest: further keys of the study file.
    """

    title: str
    arrays: str
    peer: str
    goal: float
    data: dict[str, Any]
    baseline: dict[str, Any]
    epochs: int
    seeds: range = range(5)
    learning: Learning | None = None
    rest: dict[str, Any] = field(default_factory=dict[str, Any])

    def study(self, name: str, folder: Path, epochs: int | None = None, seeds: int | None = None) -> dict[str, Any]:
        """The study file's values.

        Args:
            name: of the study.
            folder: with the arrays.
            epochs: instead of the workload's.
            seeds: number of the first ones, instead of the workload's.
        """
        epochs = epochs or self.epochs
        source = "benchmarks.ours.arrays:reviews" if "text" in self.data else str(folder / f"{self.arrays}.npz")
        rest = {**self.rest, "tune": {**self.rest["tune"], "max_epochs": epochs}} if "tune" in self.rest else self.rest
        return {
            "name": name,
            "data": {"source": source, **self.data},
            "baseline": {**self.baseline, "epochs": epochs},
            "seeds": list(range(seeds) if seeds else self.seeds),
            **rest,
        }

    def settled(self) -> Workload:
        """The same for a comparison of learning: rates fall along a cosine, so that runs differ little at their end."""
        assert self.learning
        baseline = {**self.baseline, "schedule": {"kind": "cosine"}}
        return replace(self, baseline=baseline, epochs=self.learning.epochs, seeds=self.learning.seeds)


def _cnn(title: str, arrays: str, goal: float, learning: Learning) -> Workload:
    """A small convolutional network on half of the images; two seeds, so that both cores have one."""
    model = {"kind": "cnn", "conventions": "keras"}
    baseline = {"model": model, "optimizer": KERAS_ADAM, "batch_size": 64, "precision": "auto"}
    data = {"scale": "unit", "fraction": 0.5, "validation": 0.1}
    return Workload(title, arrays, "keras_fit", goal, data, baseline, 1, range(2), learning)


def _fashion(loop: str, peer: str, goal: float, epochs: int) -> Workload:
    """A plain MLP by PyTorch's conventions."""
    title = f"Fashion-MNIST, MLP 256-256, batch 128; {loop}"
    baseline = {
        "model": {"kind": "mlp", "sizes": [256, 256]},
        "optimizer": {"kind": "adam"},
        "batch_size": 128,
        "precision": "auto",
    }
    data, learning = {"scale": "standard", "validation": 0.1}, Learning(0.005, epochs=4)
    return Workload(title, "fashion_mnist", peer, goal, data, baseline, epochs, learning=learning)


def _reviews(network: str, model: dict[str, Any], goal: float, batch_size: int) -> Workload:
    """Film reviews as TF-IDF, sparse here and dense there."""
    data = {"text": {"kind": "tfidf", "max_features": 10_000}, "validation": 0.2}
    baseline = {"model": {**model, "conventions": "keras"}, "optimizer": KERAS_ADAM, "batch_size": batch_size}
    title = f"IMDB, 10,000 TF-IDF features, {network}, batch {batch_size}"
    return Workload(title, "imdb", "keras_fit", goal, data, baseline, epochs=3, learning=Learning(0.005, epochs=3))


WORKLOADS = {
    "W1": Workload(
        "Sign MNIST, MLP 512-256, batch norm, dropout 0.3, batch 128",
        "sign_mnist",
        "keras_fit",
        goal=6.0,
        data={"scale": "unit", "validation": 0.2},
        baseline={
            "model": {"kind": "mlp", "sizes": [512, 256], "batch_norm": True, "dropout": 0.3, "conventions": "keras"},
            "optimizer": KERAS_ADAM,
            "batch_size": 128,
            "precision": "auto",
        },
        epochs=10,
        learning=Learning(0.005, epochs=10, seeds=range(100)),  # runs differ by points on its test rows
    ),
    "W2": _cnn("half MNIST, CNN 32-64-128, batch 64", "mnist", 5.0, Learning(0.003, epochs=3)),
    "W3": _cnn(
        "half CIFAR-10, CNN 32-64-128, batch 64",
        "cifar10",
        3.5,
        # three looks, of 12, 34 and so many seeds, err together in 5 of 100 cases
        Learning(0.005, epochs=20, seeds=range(80), peer_seeds=range(40), alpha=0.021),
    ),
    "W3a": Workload(
        "a tenth of CIFAR-10, AlexNet, batch 64",  # half of it takes a quarter of an hour, learning many
        "cifar10",
        "keras_fit",
        goal=2.5,
        data={"scale": "unit", "fraction": 0.1, "validation": 0.1},
        baseline={
            "model": {"kind": "alexnet", "conventions": "keras"},
            "optimizer": KERAS_ADAM,
            "batch_size": 64,
            "precision": "auto",
        },
        epochs=1,
        seeds=range(2),
    ),
    "W4": Workload(
        "MNIST, MLP 128-64, L2 0.01, dropout 0.2, batch 32",
        "mnist",
        "keras_fit",
        goal=18.0,
        data={"scale": "unit", "validation": 0.1},
        baseline={
            "model": {"kind": "mlp", "sizes": [128, 64], "dropout": 0.2, "conventions": "keras"},
            "optimizer": KERAS_ADAM,
            "l2": 0.01,
            "batch_size": 32,
            "precision": "auto",
        },
        epochs=5,
        learning=Learning(0.003, epochs=5),
    ),
    "W5": _reviews("MLP 128-64", {"kind": "mlp", "sizes": [128, 64]}, 12.0, 512),
    "W5p": _reviews("perceptron", {"kind": "linear"}, 10.0, 32),
    "W6": _fashion("notebook loop in PyTorch", "torch_notebook", 15.0, epochs=2),
    "W6p": _fashion("plain loop on resident tensors", "torch_resident", 2.5, epochs=4),
    "W7": Workload(
        "Fashion-MNIST, Hyperband over MLPs of up to 3 layers, batch 128",
        "fashion_mnist",
        "keras_hyperband",
        goal=10.0,
        data={"scale": "unit", "validation": 0.1},
        baseline={
            "model": {"kind": "mlp", "width": 128, "depth": 2, "conventions": "keras"},
            "optimizer": KERAS_ADAM,
            "batch_size": 128,
            "precision": "auto",
        },
        epochs=5,
        seeds=range(2),
        rest={
            "factors": {"recipe": {"levels": {"default": {}, "tuned": {"tuned": True}}}},
            "tune": {
                "space": {
                    "model.depth": [1, 2, 3],
                    "model.width": [64, 128, 256],
                    "model.dropout": {"low": 0.0, "high": 0.5},
                    "optimizer.lr": {"low": 1e-4, "high": 1e-2, "log": True},
                },
                "algorithm": "hyperband",
                "factor": 3,
                "iterations": 2,  # about as many epochs as KerasTuner trains in one
            },
        },
    ),
    "W8": Workload(
        "Fashion-MNIST, MLP 100 as scikit-learn's MLPClassifier, batch 200",
        "fashion_mnist",
        "sklearn_mlp",
        goal=5.0,
        data={"scale": "unit", "validation": 0},
        baseline={
            "model": {"kind": "mlp", "sizes": [100], "conventions": "sklearn"},
            "optimizer": {"kind": "adam", "lr": 0.001, "conventions": "keras", "eps": 1e-8},  # scikit-learn's formula
            "l2": 1e-4 / (2 * 200),  # its alpha: half of it, over the rows of a batch
            "batch_size": 200,
            "precision": "auto",
        },
        epochs=20,
    ),
}
