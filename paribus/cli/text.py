"""Numbers as people read them."""

from __future__ import annotations


def score(value: float, metric: str) -> str:
    """A score as tables print it: accuracies and F1 in percent, losses in nats."""
    return f"{value:.4f}" if metric.endswith("loss") else f"{100 * value:.2f}"


def gap(value: float, metric: str) -> str:
    """A difference with its sign, in percentage points or nats."""
    return f"{value:+.4f}" if metric.endswith("loss") else f"{100 * value:+.2f}"
