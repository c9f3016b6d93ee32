"""How a study goes while it trains: a live bar on a terminal, plain lines elsewhere; both on standard error."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from paribus.cli.text import duration
from paribus.planning import Run
from paribus.store import RunRecord

_QUIET_S = 10.0
"""Seconds between plain lines at least."""


class ProgressWatcher:
    """Counts runs and epochs and hands a line of text to `show`, which decides how it looks.

    Args:
        show: called with the share done and a line of text.
        close: called at the end.
    """

    def __init__(self, show: Callable[[float, str, bool], None], close: Callable[[], None]) -> None:
        self._show, self._close = show, close
        self._jobs: list[tuple[Run, ...]] = []
        self._done, self._total, self._best, self._begun = 0, 0, float("nan"), 0.0
        self._left: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def start(self, jobs: list[tuple[Run, ...]], done: int) -> None:
        """Training begins; `done` runs were stored before."""
        self._jobs, self._done = jobs, done
        self._total = done + sum(len(job) for job in jobs)
        self._left = {run.key: run.recipe.epochs for job in jobs for run in job}
        self._begun = time.monotonic()
        if jobs:
            self._show(0.0, f"{done} of {self._total} runs stored; training {self._total - done}", True)

    def tick(self, board: np.ndarray) -> None:
        """Take in the progress board."""
        self._tell(board, important=False)

    def saved(self, records: list[RunRecord]) -> None:
        """These runs are stored now."""
        self._done += len(records)
        for record in records:
            self._left[record.key] = 0
            self._best = float(np.fmax(self._best, record.metrics.get("val_accuracy", np.nan)))
        self._tell(None, important=True)

    def _tell(self, board: np.ndarray | None, important: bool) -> None:
        all_epochs = sum(run.recipe.epochs for job in self._jobs for run in job)
        left = sum(self._left.values())
        if board is not None:
            running = [(job, epoch) for job, (epoch, _, _) in zip(self._jobs, board, strict=True)]
            left -= sum(min(epoch, self._left[run.key]) for job, epoch in running for run in job)
            self._best = float(np.fmax.reduce(board[board[:, 0] > 0, 2], initial=self._best))
        taken_s = time.monotonic() - self._begun
        done = all_epochs - left
        text = f"{self._done}/{self._total} runs"
        if done:
            text += f"  {done / taken_s:.1f} epochs/s  {duration(taken_s / done * left)} left"
        if np.isfinite(self._best):
            text += f"  best val accuracy {100 * self._best:.2f} %"
        self._show(done / all_epochs, text, important)


def make_watcher() -> ProgressWatcher:
    """A watcher for standard error, live where that is a terminal."""
    console = Console(stderr=True)
    return _live(console) if console.is_terminal else _plain(console)


def _live(console: Console) -> ProgressWatcher:
    bar = Progress(BarColumn(bar_width=30), TextColumn("{task.description}"), console=console, transient=True)
    task = bar.add_task("starting", total=1.0)

    def show(share: float, text: str, important: bool) -> None:
        bar.start()
        bar.update(task, completed=share, description=text)

    return ProgressWatcher(show, bar.stop)


def _plain(console: Console) -> ProgressWatcher:
    last = -_QUIET_S

    def show(share: float, text: str, important: bool) -> None:
        nonlocal last
        if important or time.monotonic() - last >= _QUIET_S:
            last = time.monotonic()
            console.print(text, highlight=False, soft_wrap=True)

    return ProgressWatcher(show, lambda: None)
