"""How a study goes while it trains: a live bar on a terminal, plain lines elsewhere; both on standard error."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np

from paribus.planning import Run
from paribus.store import RunRecord

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
        cohorts: to be trained, in the order of the progress board.
        stored: number of runs that needed no training.
        show: what shows the line.
        close: called at the end; with what was trained in what time, where there is no title.
        title: what every line begins with, if this is a part of something.
        begun: epochs that each cohort's runs have behind them already; none unless given.
        times_s: what each cohort is expected to take, in seconds of any unit; equal epochs unless given.
    """

    def __init__(
        self,
        cohorts: Sequence[Sequence[Run]],
        stored: int,
        show: Show,
        close: Close,
        title: str = "",
        *,
        begun: Sequence[int] = (),
        times_s: Sequence[float] = (),
    ) -> None:
        self._title = title
        self._cohorts, self._done, self._show, self._close = cohorts, stored, show, close
        self._total = stored + sum(len(cohort) for cohort in cohorts)
        behind = zip(cohorts, begun or [0] * len(cohorts), strict=True)
        self._begun_at = {run.key: epochs for cohort, epochs in behind for run in cohort}
        self._epochs = {run.key: run.recipe.epochs for cohort in cohorts for run in cohort}
        self._time_s = {  # of an epoch
            run.key: time_s / max(sum(self._left(one.key) for one in cohort), 1)
            for cohort, time_s in zip(cohorts, times_s, strict=False)
            for run in cohort
        }
        self._saved: set[str] = set()
        self._board = np.zeros((len(cohorts), 4))
        self._best, self._trained = math.nan, 0
        self._begun = time.monotonic()

    def __enter__(self) -> Self:
        if self._cohorts:
            left = self._total - self._done
            self._show(0.0, f"{self._title}{self._done} of {self._total} runs stored, {left} to train", True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        taken_s = time.monotonic() - self._begun
        tells = self._trained and not error and not self._title
        self._close(f"{self._trained:,} epochs in {duration(taken_s)}, {pace(self._trained, taken_s)}" if tells else "")

    def tick(self, board: np.ndarray) -> None:
        """Take in the progress board of `Workers.train`."""
        self._board = np.array(board)
        self._best = float(np.fmax.reduce(board[board[:, 0] > 0, 2], initial=self._best))
        for cohort, begun in zip(self._cohorts, self._board[:, 3], strict=True):
            self._begun_at |= {run.key: int(begun) for run in cohort if begun > self._begun_at[run.key]}
        self._tell(important=False)

    def saved(self, records: Sequence[RunRecord]) -> None:
        """These runs are in the store now."""
        self._done += len(records)
        self._trained += sum(max(record.epochs - self._begun_at[record.key], 0) for record in records)
        self._saved |= {record.key for record in records}
        self._tell(important=True)

    def _left(self, key: str) -> int:
        """Epochs that a run had before it when this began."""
        return max(self._epochs[key] - self._begun_at[key], 0)

    def _tell(self, important: bool) -> None:
        trained = zip(self._cohorts, self._board[:, 0], strict=True)
        since = {run.key: max(epoch - self._begun_at[run.key], 0) for cohort, epoch in trained for run in cohort}
        every = {key: self._left(key) for key in self._epochs}
        done = {key: left if key in self._saved else min(since[key], left) for key, left in every.items()}
        share, taken_s = self._cost(done) / max(self._cost(every), 1e-9), time.monotonic() - self._begun
        text = f"{self._title}{self._done}/{self._total} runs"
        if share:
            text += f"  {pace(sum(done.values()), taken_s)}  {duration(taken_s * (1 / share - 1))} left"
        if not math.isnan(self._best):
            text += f"  best validation accuracy {100 * self._best:.2f} %"
        self._show(share, text, important)

    def _cost(self, epochs: Mapping[str, float]) -> float:
        return sum(number * self._time_s.get(key, 1.0) for key, number in epochs.items())


def show_progress(
    cohorts: Sequence[Sequence[Run]],
    stored: int,
    quiet: bool,
    title: str = "",
    *,
    begun: Sequence[int] = (),
    times_s: Sequence[float] = (),
) -> Progress:
    """Progress on standard error: live where that is a terminal, in lines elsewhere, not at all if `quiet`."""
    from rich.console import Console

    console = Console(stderr=True, quiet=quiet)
    show, close = _live(console) if console.is_terminal else _plain(console)
    return Progress(cohorts, stored, show, close, title, begun=begun, times_s=times_s)


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

    columns = progress.BarColumn(bar_width=30), progress.TextColumn("{task.description}")
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
