"""Measure paribus beside its peers, and write RESULTS.md.

usage: python -m benchmarks.run [W1 W4 ...] [--rounds 3] [--epochs N] [--seeds N] [--precision fp32] [--tiny]
       python -m benchmarks.run --equal [W1 W4 ...]

Run it in `benchmarks/.venv` on a machine that does nothing else; `make bench` does.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import tables
from benchmarks.equal import equivalence
from benchmarks.report import write_report
from benchmarks.scores import Scores
from benchmarks.sides import Side, ask, run_ours, run_peer, write_study
from benchmarks.tables import Compared
from benchmarks.workloads import WORKLOADS, Workload

HERE = Path(__file__).parent
TINY_ROWS = 1000
ROUNDS = 3
AT_ONCE = 2
"""Processes of a peer, where its speed does not count."""


@dataclass(frozen=True)
class Bench:
    """All that is measured in one go.

    Args:
        workloads: by name.
        studies: their study files' values.
        facts: what their networks are and cost.
        folder: with the arrays.
    """

    workloads: Mapping[str, Workload]
    studies: Mapping[str, dict[str, Any]]
    facts: Mapping[str, dict[str, Any]]
    folder: Path

    def ours(self, name: str, seeds: Sequence[int] | None = None) -> Side:
        """Train it here, with the study's seeds or others."""
        study = self.studies[name]
        return run_ours({**study, "seeds": seeds or study["seeds"]}, self.folder)

    def peer(self, name: str, seeds: Sequence[int] | None = None) -> Side:
        """Train it there, with the study's seeds or others.

        Raises:
            RuntimeError: it failed, or trained another network.
        """
        workload, facts, study = self.workloads[name], self.facts[name], self.studies[name]
        options = {
            "study": {**study, "seeds": seeds or study["seeds"]},
            "facts": facts,
            "arrays": str(self.folder / f"{workload.arrays}.npz"),
        }
        side = run_peer(workload.peer, options, self.folder)
        if side.parameters not in (None, facts["parameters"]):
            raise RuntimeError(f"{name}: {side.parameters} parameters there, {facts['parameters']} here")
        return side

    def learned(self, name: str, file: Path | None) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Test accuracies of ours and of the peer's, which trains several seeds at once: one leaves cores waiting.

        Args:
            name: of the workload.
            file: with scores of before, which are not trained again; it gets the others.
        """
        seeds, learning = self.studies[name]["seeds"], self.workloads[name].learning
        assert learning
        scores = Scores(file, name, self.studies[name], self.facts[name]["engine"])
        peer_seeds = [seed for seed in seeds if seed in (learning.peer_seeds or seeds)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            missing = scores.missing("peer", peer_seeds)
            list(pool.map(lambda seed: scores.add("peer", [seed], self.peer(name, [seed]).accuracy), missing))
        if missing := scores.missing("ours", seeds):
            scores.add("ours", missing, self.ours(name, missing).accuracy)
        return scores.of("ours", seeds), scores.of("peer", peer_seeds)

    def compare(self, name: str, rounds: int, machine: Mapping[str, Any]) -> Compared:
        """Ours and the peer's in turn."""
        facts = self.facts[name]
        dense = "text" not in self.studies[name]["data"] and "tune" not in self.studies[name]
        operations = float(facts["operations"] * facts["train_rows"]) if dense else None
        found = [(self.ours(name), self.peer(name)) for _ in range(rounds)]
        return Compared(name, found, operations, machine[f"{facts['precision']}_rate"])


def main() -> int:
    """Parse, measure, print and write; 1 if something failed."""
    asked = parse()
    if "PARIBUS_DATA" not in os.environ:
        sys.exit("PARIBUS_DATA must name the directory of the published data sets' original files.")
    load = os.getloadavg()[0]
    with _prepared(asked) as bench:
        machine = {**json.loads(ask("machine", [], bench.folder)), "load": load, "commit": _commit()}
        return _equal(bench, machine, asked) if asked.equal else _speed(bench, machine, asked)


def _speed(bench: Bench, machine: Mapping[str, Any], asked: argparse.Namespace) -> int:
    intro = (
        f"Ours and the peer's in turn, {ROUNDS} times or more; numbers are medians, memory the most. Each row is of "
        "the time\nand the commit that it names; speeds are comparable within a row only. Accuracies are those of few "
        "epochs at a\nconstant rate, as speed is measured; learning is compared in [EQUAL.md](EQUAL.md)."
    )
    done = 0
    for name in bench.workloads:
        with _told(name):
            found = [bench.compare(name, asked.rounds, machine)]
            parts = {
                "Training": tables.speed_table(found),
                "Whole processes": tables.whole_table(found),
                "Test accuracy": tables.accuracy_table(found),
            }
            _tell("Paribus beside its peers", intro, parts, machine, asked.output)
            done += 1
    return done < len(bench.workloads)


def _equal(bench: Bench, machine: Mapping[str, Any], asked: argparse.Namespace) -> int:
    intro = (
        "Test accuracy of the same networks, whose learning rates fall along a cosine, epoch by epoch; two one-sided\n"
        "tests, Welch's, of a difference within the margin. Each seed's score: [EQUAL.json](EQUAL.json). AlexNet\n"
        "(W3a) is not among them, as one epoch of one takes Keras over a minute, but compared [here](EPOCH.md)."
    )
    file, done = asked.output.with_suffix(".json") if asked.output else None, 0
    for name, workload in bench.workloads.items():
        with _told(name):
            learning = workload.learning
            assert learning
            ours, peer = bench.learned(name, file)
            tested = equivalence(ours, peer, learning.margin, learning.alpha) if len(peer) > 1 else None
            parts = {"Test accuracy": tables.equal_table({name: (ours, peer, tested)})}
            _tell("The same learning", intro, parts, machine, asked.output)
            done += 1
    return done < len(bench.workloads)


def _tell(title: str, intro: str, parts: Mapping[str, str], machine: Mapping[str, Any], output: Path | None) -> None:
    """Print one workload's rows, and put them into the page, among those of the others that it holds already."""
    print("\n\n".join(parts.values()), flush=True)
    if output is None:
        return
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M}, {machine['commit']}"
    page = output.read_text(encoding="utf-8") if output.is_file() else ""
    every = {head: tables.merged(tables.stamped(body, when), page) for head, body in parts.items()}
    write_report(title, intro, every, machine, output)


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=True).stdout.strip()


@contextmanager
def _told(name: str) -> Iterator[None]:
    """One workload's failure is told and stops no other."""
    print(f"{name}: {WORKLOADS[name].title}", flush=True)
    try:
        yield
    except RuntimeError as error:
        print(f"failed: {error}", file=sys.stderr)


@contextmanager
def _prepared(asked: argparse.Namespace) -> Iterator[Bench]:
    """Arrays, study files and facts of the workloads that were asked for."""
    with tempfile.TemporaryDirectory(prefix="paribus-bench-") as name:
        folder = Path(name)
        wanted = {name: WORKLOADS[name].settled() if asked.equal else WORKLOADS[name] for name in asked.names}
        chosen = {name: _adapted(workload, asked.precision) for name, workload in wanted.items()}
        rows = TINY_ROWS if asked.tiny else 0
        ask("arrays", [name, str(rows), *{workload.arrays for workload in chosen.values()}], folder)
        studies = {name: one.study(name, folder, asked.epochs, asked.seeds) for name, one in chosen.items()}
        files = [str(write_study(study, folder)) for study in studies.values()]
        facts = dict(zip(studies, json.loads(ask("facts", files, folder)), strict=True))
        yield Bench(chosen, studies, facts, folder)


def _adapted(workload: Workload, precision: str | None) -> Workload:
    """The workload with another precision, if it is not one of texts, whose products are sparse."""
    if precision is None or "precision" not in workload.baseline:
        return workload
    return replace(workload, baseline={**workload.baseline, "precision": precision})


def parse() -> argparse.Namespace:
    """The options, those that were not given filled in."""
    parser = argparse.ArgumentParser(description="Measure paribus beside what people would run instead.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"workloads: {', '.join(WORKLOADS)}  [all]")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"times that both sides are run in turn  [{ROUNDS}]")
    parser.add_argument("--epochs", type=int, help="instead of each workload's own")
    parser.add_argument("--seeds", type=int, help="instead of each workload's own")
    parser.add_argument("--precision", choices=["fp32", "bf16"], help="of ours  [auto]")
    parser.add_argument("--equal", action="store_true", help="compare accuracies instead of speed")
    parser.add_argument("--tiny", action="store_true", help=f"{TINY_ROWS} rows, an epoch, a round: does it work?")
    parser.add_argument("--output", type=Path, help="[RESULTS.md or EQUAL.md here, where nothing but names is given]")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(WORKLOADS)
    if unknown:
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    return _completed(asked)


def _completed(asked: argparse.Namespace) -> argparse.Namespace:
    """Fill in what was not given."""
    learned = [name for name, workload in WORKLOADS.items() if workload.learning]
    every = learned if asked.equal else list(WORKLOADS)
    own = asked.tiny or asked.epochs or asked.seeds or asked.precision or (asked.rounds < ROUNDS and not asked.equal)
    if not (own or asked.output):
        asked.output = HERE / ("EQUAL.md" if asked.equal else "RESULTS.md")
    asked.names = [name for name in every if name in (asked.names or every)]
    if asked.tiny:
        asked.rounds, asked.epochs, asked.seeds = 1, asked.epochs or 1, asked.seeds or 1
    return asked


if __name__ == "__main__":
    sys.exit(main())
