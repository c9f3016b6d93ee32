"""Reasons to doubt a contrast: stable codes, each with one line."""

from __future__ import annotations

from collections.abc import Sequence

CAVEATS: dict[str, str] = {
    "C01": "fewer seeds than a corrected sign-flip test needs",
    "C02": "diverged or failed runs are left out of the pairs",
    "C03": "most runs were best in the last tenth of their epochs; train longer",
    "C04": "training and test data overlap",
    "C05": "the test set was used to choose",
    "C06": "the difference is decided but smaller than the margin",
    "C07": "the difference is the same for every seed, so its spread is unknown",
    "C08": "a single seed shows no spread",
    "C09": "the data set comes with a warning",
    "C10": "the factor interacts with another, so its main effect is an average",
    "C11": "the winner of a search lies at the edge of a range",
    "C12": "one side was tuned, the other was not",
    "C13": "many trials of the search diverged",
    "C14": "a quick look, with few rows, epochs and seeds: its numbers are no result",
    "C15": "the two studies had other data, machines or versions",
    "C16": "most runs were best in the first tenth of their epochs; train more gently, or less long",
    "C17": "the rule `wins` was made for 29 seeds",
}


def caveat(code: str, detail: str = "") -> str:
    """A caveat as a contrast carries it: the code, then `detail`, or the code's own line."""
    line = CAVEATS[code]
    return f"{code} {detail or line}"


def late_best(best_epoch_S: Sequence[int | None], epochs_S: Sequence[int]) -> bool:
    """Whether more than half of the runs were best in the last tenth of their training (C03).

    Args:
        best_epoch_S: epoch with the best validation score, counted from 1; None for a run without a validation set,
            which does not count.
        epochs_S: epochs that each run was allowed.
    """
    late = [best > 0.9 * epochs for best, epochs in zip(best_epoch_S, epochs_S, strict=True) if best is not None]
    return sum(late) > len(late) / 2


def early_best(best_epoch_S: Sequence[int | None], epochs_S: Sequence[int]) -> bool:
    """Whether more than half of the runs were best in the first tenth of their training (C16).

    Runs of fewer than ten epochs have no first tenth and do not count.

    Args:
        best_epoch_S: as for `late_best`.
        epochs_S: epochs that each run was allowed.
    """
    pairs = [(best, epochs) for best, epochs in zip(best_epoch_S, epochs_S, strict=True) if best is not None]
    early = [best <= epochs / 10 for best, epochs in pairs if epochs >= 10]
    return sum(early) > len(early) / 2
