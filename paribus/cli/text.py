"""Numbers as people read them."""

from __future__ import annotations


def duration(time_s: float) -> str:
    """`0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if time_s < 60:
        return f"{time_s:.1f} s" if time_s < 10 else f"{time_s:.0f} s"
    minutes, seconds = divmod(round(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def score(value: float, metric: str) -> str:
    """A score as tables print it: accuracies and F1 in percent, losses in nats."""
    return f"{value:.4f}" if metric.endswith("loss") else f"{100 * value:.2f}"


def gap(value: float, metric: str) -> str:
    """A difference with its sign, in percentage points or nats."""
    return f"{value:+.4f}" if metric.endswith("loss") else f"{100 * value:+.2f}"
