"""Feed broken and hostile inputs to all that reads: data, study files, homes. An input follows from its number.

    python scripts/fuzz.py --inputs 100000 --seed 1 --out found

Each input is read in a forked process whose time and memory are watched: a crash, a hang and a full memory are told
with their input, which is kept under `--out`. To be accepted, or refused by a `ParibusError`, is well; the rest are
faults.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
from fuzz_targets import Target, make_targets

from paribus.errors import ParibusError

BATCH = 2_000
SLOW_S, LARGE, HANG_S = 1.0, 500 << 20, 20
OUTCOMES = ("accepted", "refused", "other", "slow", "large", "died")


def main() -> None:
    """Parse, run, print the table; exit 1 if there are faults."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="targets")
    parser.add_argument("--out", type=Path, default=Path("fuzz-found"))
    parser.add_argument("--minutes", type=float, default=1e9, help="stop then")
    given = parser.parse_args()
    counts = fuzz(given.inputs, given.seed, given.out, first=given.first, only=given.only, minutes=given.minutes)
    print(table(counts))
    sys.exit(any(counts[name, outcome] for name, outcome in counts if outcome in OUTCOMES[2:]))


def fuzz(
    inputs: int,
    seed: int,
    out: Path,
    *,
    first: int = 0,
    only: list[str] | None = None,
    minutes: float = 1e9,
) -> Counter[tuple[str, str]]:
    """Read so many inputs; how many of each target came to what."""
    out, here = out.absolute(), Path.cwd()
    out.mkdir(parents=True, exist_ok=True)
    shared = "/dev/shm" if os.path.isdir("/dev/shm") else None
    place = Path(tempfile.mkdtemp(prefix="fuzz-", dir=shared))
    try:
        targets = make_targets(place / "made", only)
        board = np.frombuffer(mmap.mmap(-1, 8 * (2 + len(targets) * len(OUTCOMES))), np.int64)
        number, last, ends = first, first + inputs, time.monotonic() + 60 * minutes
        while number < last and time.monotonic() < ends:
            board[0] = number
            work = place / "work"
            work.mkdir()
            os.chdir(work)
            child = os.fork()
            if not child:
                os._exit(_batch(targets, seed, min(last, number + BATCH), board, out / "faults.jsonl"))
            status = os.waitpid(child, 0)[1]
            if status:
                target, data = chosen(targets, seed, int(board[0]))
                board[2 + targets.index(target) * len(OUTCOMES) + OUTCOMES.index("died")] += 1
                _keep(
                    out / "faults.jsonl",
                    target,
                    int(board[0]),
                    data,
                    f"died: status {status}, signal {os.WTERMSIG(status)}",
                )
            number = int(board[0]) + 1
            shutil.rmtree(work, ignore_errors=True)
            if board[1] != 0 or status or not number % (50 * BATCH):
                (out / f"table-{seed}.txt").write_text(f"{number - first} inputs\n{table(_counts(targets, board))}\n")
        (out / f"table-{seed}.txt").write_text(f"{number - first} inputs\n{table(_counts(targets, board))}\n")
        return _counts(targets, board)
    finally:
        os.chdir(here)
        shutil.rmtree(place, ignore_errors=True)


def chosen(targets: list[Target], seed: int, number: int) -> tuple[Target, bytes]:
    """The target and the input of this number."""
    rng = random.Random(f"{seed} {number}")
    (target,) = rng.choices(targets, [target.weight for target in targets])
    return target, target.make(rng)


def table(counts: Counter[tuple[str, str]]) -> str:
    """A row a target, and their sum."""
    names = list(dict.fromkeys(name for name, _ in counts))
    rows = [[name, *(counts[name, outcome] for outcome in OUTCOMES)] for name in names]
    rows.append(["all", *(sum(row[at] for row in rows) for at in range(1, 1 + len(OUTCOMES)))])
    head = f"{'target':<12}{'inputs':>10}" + "".join(f"{outcome:>10}" for outcome in OUTCOMES)
    lines = [
        f"{row[0]:<12}{row[1] + row[2] + row[3] + row[6]:>10,}" + "".join(f"{n:>10,}" for n in row[1:]) for row in rows
    ]
    return "\n".join([head, *lines])


def _counts(targets: list[Target], board: np.ndarray) -> Counter[tuple[str, str]]:
    values = board[2:].reshape(len(targets), len(OUTCOMES)).tolist()
    found = {(t.name, o): n for t, row in zip(targets, values, strict=True) for o, n in zip(OUTCOMES, row, strict=True)}
    return Counter(found)


def _batch(targets: list[Target], seed: int, end: int, board: np.ndarray, log: Path) -> int:
    """In a child: read inputs from the number on the board until `end`, or one that took much memory."""
    warnings.simplefilter("ignore")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = size + (3 << 30)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    taken, first = _memory(), int(board[0])
    ready: dict[str, Callable[[bytes], None]] = {}
    for number in range(first, end):
        board[0] = number
        target, data = chosen(targets, seed, number)
        if target.name not in ready:
            Path(target.name).mkdir()
            ready[target.name] = target.open(Path(target.name).absolute())
            taken = max(taken, _memory())
        at = 2 + targets.index(target) * len(OUTCOMES)
        signal.setitimer(signal.ITIMER_PROF, HANG_S)
        began = time.process_time()
        outcome, told = read(ready[target.name], data)
        spent = time.process_time() - began
        signal.setitimer(signal.ITIMER_PROF, 0)
        board[at + OUTCOMES.index(outcome)] += 1
        large = _memory() - taken > LARGE
        for flag, name in ((outcome == "other", told), (spent > SLOW_S, f"{spent:.1f} s"), (large, f"{_memory():,} B")):
            if flag:
                board[1] += 1
                _keep(log, target, number, data, name)
        board[at + OUTCOMES.index("slow")] += spent > SLOW_S
        board[at + OUTCOMES.index("large")] += large
        if large:
            break
    return 0


def read(call: Callable[[bytes], None], data: bytes) -> tuple[str, str]:
    """Accepted, refused or other, and what it raised then, with where."""
    try:
        call(data)
        return "accepted", ""
    except ParibusError:
        return "refused", ""
    except BaseException as failed:
        frames = traceback.extract_tb(failed.__traceback__)[-4:]
        places = " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
        return "other", f"{type(failed).__name__} {places} {str(failed)[:200]}"


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def _keep(log: Path, target: Target, number: int, data: bytes, told: str) -> None:
    """Write the input and one line of what it did; of one fault of one kind only the first three."""
    kind = " ".join(told.split(" ")[:2])
    known = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    if sum(line["target"] == target.name and line["kind"] == kind for line in known) < 3:
        (log.parent / f"{target.name}-{number}").write_bytes(data)
        with log.open("a") as file:
            file.write(json.dumps({"target": target.name, "kind": kind, "number": number, "told": told}) + "\n")


if __name__ == "__main__":
    main()
