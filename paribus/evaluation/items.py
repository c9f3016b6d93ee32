"""What the runs of a study answer on each test item: how often they are wrong, and how often they disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Place = tuple[int, int | None]
"""Seed and fold of a run; the fold is None where there are none."""


@dataclass(frozen=True)
class Answers:
    """The classes that all finished runs of a study predict for its test items.

    Args:
        items_B: numbers of the test items, shape (row,).
        labels_B: their true classes.
        classes: by variant, in the order of the plan, then by place: the predicted class of each item.
    """

    items_B: np.ndarray
    labels_B: np.ndarray
    classes: Mapping[str, Mapping[Place, np.ndarray]]

    @property
    def folded(self) -> bool:
        """Whether a seed has several runs, one a fold."""
        return any(fold is not None for found in self.classes.values() for _, fold in found)

    def of(self, variant: str) -> np.ndarray:
        """The predicted classes of a variant's runs, shape (run, row)."""
        return np.array(list(self.classes[variant].values()), dtype=np.int64).reshape(-1, len(self.labels_B))


def how_often_wrong(classes_RB: np.ndarray, labels_B: np.ndarray) -> dict[str, int]:
    """How many items all runs are wrong about, how many some, and how many none.

    Args:
        classes_RB: predicted classes, shape (run, row), at least one run.
        labels_B: true classes, shape (row,).

    Returns:
        Counts `always`, `sometimes` and `never`, which add up to the number of items.
    """
    share_B = (classes_RB != labels_B).mean(axis=0)
    always, never = int((share_B == 1).sum()), int((share_B == 0).sum())
    return {"always": always, "sometimes": len(labels_B) - always - never, "never": never}


def wrong_items(answers: Answers, num_classes: int) -> dict[str, np.ndarray]:
    """The items that any run of any variant is wrong about, those that are wrong most often first.

    Args:
        answers: of a study's runs.
        num_classes: of its data.

    Returns:
        Columns of equal length: `item`; its `true` class; the class it is most often `taken_for`, of equally frequent
        ones the lowest; `wrong`, how many of the `runs` are wrong about it.
    """
    runs = [classes_B for found in answers.classes.values() for classes_B in found.values()]
    rows = np.arange(len(answers.labels_B))
    votes_BC = np.zeros((len(rows), num_classes), dtype=np.int64)
    for classes_B in runs:
        votes_BC[rows, classes_B] += 1
    votes_BC[rows, answers.labels_B] = 0
    wrong_B = votes_BC.sum(axis=1)
    order = np.argsort(-wrong_B, kind="stable")[: np.count_nonzero(wrong_B)]
    taken_B = votes_BC.argmax(axis=1)
    columns = {"item": answers.items_B, "true": answers.labels_B, "taken_for": taken_B, "wrong": wrong_B}
    return {name: column[order] for name, column in columns.items()} | {"runs": np.full(len(order), len(runs))}


def churn(level: Mapping[Place, np.ndarray], reference: Mapping[Place, np.ndarray]) -> list[float]:
    """The share of items to which two variants give different classes, one a place that both have.

    Args:
        level: predicted classes by place, each of shape (row,).
        reference: the same of the other variant.

    Source: Milani Fard et al. (2016), "Launch and Iterate: Reducing Prediction Churn".
    """
    return [float((level[place] != reference[place]).mean()) for place in level if place in reference]


def seed_churn(reference: Mapping[Place, np.ndarray]) -> list[float]:
    """The same between any two seeds of one variant, and of one fold: what the seeds alone change.

    Args:
        reference: predicted classes by place, each of shape (row,).

    Source: as of `churn`.
    """
    members = {fold: [classes_B for (_, at), classes_B in reference.items() if at == fold] for _, fold in reference}
    classes = {fold: np.array(found) for fold, found in members.items()}  # (seed, row)
    shares: list[float] = []
    for (_, fold), classes_B in reference.items():
        others_SB = classes[fold] = classes[fold][1:]  # those that are to come
        shares += ((others_SB != classes_B).sum(axis=1) / len(classes_B)).tolist()
    return shares
