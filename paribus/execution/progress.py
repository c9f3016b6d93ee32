"""How a study goes while it trains: a live bar on a terminal, plain lines elsewhere; both on standard error."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from paribus.store import RunRecord
from paribus.training.job import Job, board_rows

if TYPE_CHECKING:
    from rich.console import Console

_QUIET_S = 10.0
"""Seconds between plain lines at least, unless a cohort ends."""

Show = Callable[[float, str, bool], None]
"""Is given the share done, a line of text, and whether it matters more than the usual tick."""
Close = Callable[[str], None]
"""Is given a last line; an empty one is not shown."""


class Progress:
    """Counts runs and epochs, and hands a line of text to what shows it.

    Args:
        jobs: to be done; the progress board has their runs in the order of `board_rows`.
        stored: number of runs that needed no training.
        show: what shows the line.
        close: called at the end; with what was trained in what time, where there is no title.
        title: what every line begins with, if this is a part of something.
    """

    def __init__(self, jobs: Sequence[Job], stored: int, show: Show, close: Close, title: str = "") -> None:
        self._title, self._show, self._close = title, show, close
        self._rows = board_rows(jobs)
        self._done, self._total = stored, stored + len(self._rows)
        self._begun_R, self._left_R, self._time_R = _expected(jobs, self._rows)
        self._since_R = np.zeros(len(self._rows))
        self._saved_R = np.zeros(len(self._rows), bool)
        self._best, self._trained = math.nan, 0
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        if self._rows:
            self._show(0.0, f"{self._title}{self._done} of {self._total} runs stored, {len(self._rows)} to train", True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        taken_s = time.monotonic() - self._began
        tells = self._trained and not error and not self._title
        self._close(f"{self._trained:,} epochs in {duration(taken_s)}, {pace(self._trained, taken_s)}" if tells else "")

    def tick(self, board: np.ndarray) -> None:
        """Take in the progress board of `Executor.train`."""
        self._since_R = np.clip(board[:, 0] - self._begun_R, 0, self._left_R)
        self._best = float(np.fmax.reduce(board[board[:, 0] > 0, 1], initial=self._best))
        self._tell(important=False)

    def saved(self, records: Sequence[RunRecord]) -> None:
        """These runs are in the store now."""
        rows = [self._rows[record.key] for record in records]
        epochs = np.array([record.epochs for record in records], np.int64)
        self._done += len(records)
        self._trained += int(np.maximum(epochs - self._begun_R[rows], 0).sum())
        self._saved_R[rows] = True
        self._tell(important=True)

    def _tell(self, important: bool) -> None:
        done_R = np.where(self._saved_R, self._left_R, self._since_R)
        share = float(done_R @ self._time_R) / max(float(self._left_R @ self._time_R), 1e-9)
        taken_s = time.monotonic() - self._began
        text = f"{self._title}{self._done}/{self._total} runs"
        if share:
            text += f"  {pace(float(done_R.sum()), taken_s)}  {duration(taken_s * (1 / share - 1))} left"
        if not math.isnan(self._best):
            text += f"  best validation accuracy {100 * self._best:.2f} %"
        self._show(share, text, important)


def _expected(jobs: Sequence[Job], rows: Mapping[str, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each run: epochs done before, epochs to do, and seconds that one is expected to take, 1 where nobody knows."""
    begun_R, left_R, time_R = (np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64), np.zeros(len(rows)))
    for run in (run for job in jobs for run in job.runs):
        row = rows[run.key]
        begun_R[row] = run.begun if run.after == 0 else begun_R[row]
        left_R[row] = max(run.epochs - begun_R[row], 0)
        time_R[row] += run.time_s
    return begun_R, left_R, np.where(time_R > 0, time_R / np.maximum(left_R, 1), 1.0)


def show_progress(jobs: Sequence[Job], stored: int, quiet: bool, title: str = "") -> Progress:
    """Progress on standard error: live where that is a terminal, in lines elsewhere, not at all if `quiet`."""
    from rich.console import Console

    console = Console(stderr=True, quiet=quiet, markup=False)
    show, close = _live(console) if console.is_terminal else _plain(console)
    return Progress(jobs, stored, show, close, title)


def pace(epochs: float, time_s: float) -> str:
    """`12.0 epochs/s`; where that is slow, `4 min 10 s an epoch`."""
    return f"{epochs / time_s:.1f} epochs/s" if epochs >= time_s else f"{duration(time_s / epochs)} an epoch"


def duration(time_s: float) -> str:
    """`0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if time_s < 60:
        return f"{time_s:.1f} s" if time_s < 10 else f"{time_s:.0f} s"
    minutes, seconds = divmod(round(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def _live(console: Console) -> tuple[Show, Close]:
    from rich import progress

    columns = progress.BarColumn(bar_width=30), progress.TextColumn("{task.description}", markup=False)
    bar = progress.Progress(*columns, console=console, transient=True)
    task = bar.add_task("", total=1.0)

    def show(share: float, text: str, important: bool) -> None:
        bar.start()
        bar.update(task, completed=share, description=text)

    def close(text: str) -> None:
        bar.stop()
        if text:
            console.print(text, highlight=False, soft_wrap=True)

    return show, close


def _plain(console: Console) -> tuple[Show, Close]:
    last = -_QUIET_S

    def show(share: float, text: str, important: bool) -> None:
        nonlocal last
        if important or time.monotonic() - last >= _QUIET_S:
            last = time.monotonic()
            console.print(text, highlight=False, soft_wrap=True)

    def close(text: str) -> None:
        if text:
            console.print(text, highlight=False, soft_wrap=True)

    return show, close
