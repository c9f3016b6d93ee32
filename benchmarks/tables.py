"""Measurements as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.equal import ALPHA, Equivalence
from benchmarks.sides import Side
from benchmarks.workloads import WORKLOADS

PASSES = 3
"""Of the operations of a forward pass: that pass, and a backward pass, which takes twice as many."""
_RATIO = ("ratio: least", "median", "greatest")


@dataclass(frozen=True)
class Compared:
    """A workload, measured in rounds of ours and the peer's.

    Args:
        name: of the workload.
        rounds: each with ours, then the peer.
        operations: of a forward pass over all training rows; None where they say nothing of the work.
        peak: operations a second that the machine's cores reach together at the workload's precision.
    """

    name: str
    rounds: Sequence[tuple[Side, Side]]
    operations: float | None
    peak: float

    @property
    def speed_ratios(self) -> tuple[float, float, float]:
        """Least, median and greatest ratio over rounds of our speed of training to the peer's."""
        return spread([ours.speed / peer.speed for ours, peer in self.rounds])

    @property
    def wall_ratios(self) -> tuple[float, float, float]:
        """The same of the peer's time of an epoch to ours, whole processes."""
        rounds = self.rounds
        return spread([(peer.wall_s / peer.epochs) / (ours.wall_s / ours.epochs) for ours, peer in rounds])

    @property
    def share(self) -> float | None:
        """Of the machine's peak that our training reaches."""
        if self.operations is None:
            return None
        return PASSES * self.operations * statistics.median(ours.speed for ours, _ in self.rounds) / self.peak


def spread(values: Iterable[float]) -> tuple[float, float, float]:
    """Least, median and greatest."""
    known = list(values)
    return min(known), statistics.median(known), max(known)


def speed_table(found: Iterable[Compared]) -> str:
    """A row a workload: training alone."""
    head = ["", "workload", "peer", "ours, epochs/s", "peer, epochs/s", *_RATIO, "goal", "share of roofline"]
    rows: list[list[str]] = []
    for one in found:
        workload = WORKLOADS[one.name]
        speeds = [f"{statistics.median(side[at].speed for side in one.rounds):.3g}" for at in (0, 1)]
        ratios = [f"{ratio:.2f}" for ratio in one.speed_ratios]
        goal = f"{workload.goal:g} {'met' if one.speed_ratios[1] >= workload.goal else 'missed'}"
        rows.append([one.name, workload.title, workload.peer, *speeds, *ratios, goal, _share(one.share)])
    return table(head, rows)


def whole_table(found: Iterable[Compared]) -> str:
    """A row a workload: whole processes, from start to end."""
    head = ["", "epochs, ours", "epochs, peer", "ours, s", "peer, s", *_RATIO, "ours, MiB", "peer, MiB"]
    rows: list[list[str]] = []
    for one in found:
        epochs = [str(side.epochs) for side in one.rounds[0]]
        times = [f"{statistics.median(side[at].wall_s for side in one.rounds):.1f}" for at in (0, 1)]
        memory = [f"{max(side[at].peak_bytes for side in one.rounds) / 2**20:,.0f}" for at in (0, 1)]
        rows.append([one.name, *epochs, *times, *(f"{ratio:.2f}" for ratio in one.wall_ratios), *memory])
    return table(head, rows)


def accuracy_table(found: Iterable[Compared]) -> str:
    """A row a workload: the test accuracy of each seed, in the first round."""
    rows = [[one.name, *(" ".join(percents(side.accuracy)) for side in one.rounds[0])] for one in found]
    return table(["", "ours, % a seed", "peer, % a seed"], rows)


def equal_table(found: Mapping[str, tuple[Sequence[float], Sequence[float], Equivalence | None]]) -> str:
    """A row a workload: accuracies, their difference, and whether they are equivalent; None with a single seed."""
    head = ["", "seeds", "ours, % (deviation)", "peer, % (deviation)", "difference, points"]
    rows: list[list[str]] = []
    for name, (ours, peer, tested) in found.items():
        seeds = f"{len(ours)}" if len(ours) == len(peer) else f"{len(ours)}, {len(peer)}"
        row = [name, seeds, _mean(ours), _mean(peer)]
        if tested:
            numbers = (tested.difference, tested.low, tested.high, tested.margin)
            difference, low, high, margin = (f"{100 * number:+.2f}" for number in numbers)
            verdict = "equivalent" if tested.holds else "not shown"
            row += [difference, f"{low} to {high}", margin[1:], f"{tested.p_value:.3f}", f"{tested.alpha:g}", verdict]
        else:
            row += ["-"] * 6
        rows.append(row)
    return table([*head, f"{100 - 200 * ALPHA:g} % interval", "margin, points", "p", "level", "verdict"], rows)


def _mean(values: Sequence[float]) -> str:
    """`81.03 (0.74)`: the mean in percent, and the deviation of several."""
    mean = f"{100 * statistics.mean(values):.2f}"
    return f"{mean} ({100 * statistics.stdev(values):.2f})" if len(values) > 1 else mean


def percents(values: Iterable[float]) -> list[str]:
    """Shares in percent."""
    return [f"{100 * value:.2f}" for value in values]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *rows])


def stamped(body: str, when: str) -> str:
    """A table whose rows say when, and of which commit, they were measured."""
    head, line, *rows = body.splitlines()
    return "\n".join([f"{head} measured |", f"{line} --- |", *(f"{row} {when} |" for row in rows)])


def merged(body: str, page: str) -> str:
    """A table, and those rows of the table of the same head in a page that are of other workloads."""
    head, line, *rows = body.splitlines()
    _, _, rest = page.partition(f"{head}\n{line}\n")
    by_name = {row.split("|")[1].strip(): row for row in [*rest.split("\n\n")[0].splitlines(), *rows]}
    return "\n".join([head, line, *(by_name[name] for name in WORKLOADS if name in by_name)])


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.0f} %"
