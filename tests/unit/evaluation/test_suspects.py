"""Labels that are probably wrong."""

import sys

import numpy as np
import pytest

from paribus.evaluation.suspects import label_suspects


def rows(num: int = 300, flipped: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities of a good network, labels of which the first `flipped` are wrong, and their true classes."""
    rng = np.random.default_rng(0)
    truth = np.arange(num) % 3
    p = rng.dirichlet([0.3, 0.3, 0.3], num)
    p = 0.15 * p + 0.85 * np.eye(3)[truth]
    labels = truth.copy()
    labels[:flipped] = (labels[:flipped] + 1) % 3
    return p, labels, truth


def test_flipped_labels_are_found_and_the_least_believed_comes_first() -> None:
    p, labels, _ = rows()
    found = label_suspects(p, labels)
    assert found is not None
    assert set(found.tolist()) <= set(range(12))  # the flipped ones
    assert len(found) >= 9  # as many as the estimated rates of noise allow
    believed = p[found, labels[found]]
    assert (np.diff(believed) >= 0).all()


def test_clean_labels_are_left_alone() -> None:
    p, _, truth = rows()
    found = label_suspects(p, truth)
    assert found is not None
    assert len(found) == 0


def test_nothing_without_the_library_or_with_an_all_but_empty_class(monkeypatch: pytest.MonkeyPatch) -> None:
    p, labels, _ = rows()
    assert label_suspects(p[labels != 2], labels[labels != 2]) is None
    monkeypatch.setitem(sys.modules, "cleanlab.filter", None)
    assert label_suspects(p, labels) is None
