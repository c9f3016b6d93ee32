"""Kill studies in every way that a system has, until they are done, and see whether anything was lost or is wrong.

usage: python scripts/torture.py [--signals 200] [--seed 0] [--json FILE]

Signals come at random moments, early or in training, to the driver, its process group, a worker, or the process that
workers are forked from; the program is started again until the study is done. Then its home must be what nobody
disturbed: the same tables byte for byte but for times, the same arrays, nothing trained twice or lost, nothing left.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

STUDY = """\
name: torture
question: Is anything lost?
data: {source: fashion_mnist_mini, fraction: 0.5}
baseline:
  model: {kind: mlp, width: 24, depth: 1}
  optimizer: {kind: adam, lr: 0.003}
  epochs: 60
  batch_size: 64
  early_stopping: {patience: 8}
seeds: 5
factors:
  depth: {vary: model.depth, levels: [1, 2, 3, 4]}
  dropout: {vary: model.dropout, levels: [0.0, 0.2, 0.5]}
  width: {vary: model.width, levels: [24, 25, 32]}
"""
NUM_RUNS = 40
PROGRAM = "import sys; sys.argv[0] = 'paribus'; from paribus.cli.main import main; main()"
EAGER = """\
import sys; sys.argv[0] = "paribus"
import paribus.cli.main as main
def eagerly():
    import functools, paribus.results.result as result, paribus.running.work as work
    work.Job = functools.partial(work.Job, checkpoint_s=0.0)  # after every epoch, not every 20 s
    result.Result.probe = lambda self: None
    result.Result.report = lambda self, **options: "none"
    call()
call, main._call = main._call, eagerly
main.main()
"""
ENDS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL]
TIMES = re.compile(r'"(seconds)": [0-9.e-]+|"(created)": "[^"]*"')


@dataclass
class Home:
    """A home, and what has been seen in it."""

    folder: Path
    eager: bool
    known: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])

    def begin(self) -> subprocess.Popen[str]:
        """Start `paribus run`."""
        temporary = self.folder / "temporary"
        temporary.mkdir(exist_ok=True)
        words = [sys.executable, "-c", EAGER if self.eager else PROGRAM, "run", str(self.folder / "torture.yaml")]
        words += ["--home", str(self.folder / "home"), "--workers", "2", "--json"]
        environment = {**os.environ, "TMPDIR": str(temporary)}
        with (self.folder / "out").open("w") as out, (self.folder / "err").open("w") as err:
            return subprocess.Popen(words, env=environment, stdout=out, stderr=err, start_new_session=True, text=True)

    def rows(self) -> dict[str, tuple[str, str]]:
        """When each run was stored, and how it ended, by its key; none before there is a database."""
        path = self.folder / "home" / "paribus.db"
        if not path.exists():
            return {}
        connection = sqlite3.connect(path)
        try:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'runs'").fetchall():
                return {}
            found = connection.execute("SELECT key, created, status FROM runs").fetchall()
        finally:
            connection.close()
        return {key: (created, status) for key, created, status in found}

    def lost(self) -> int:
        """How many runs are gone since the last time, or were stored anew; those that failed should be."""
        now = self.rows()
        lost = sum(now.get(key) != row for key, row in self.known.items() if row[1] != "failed")
        self.known = now
        return lost

    def shown(self) -> str:
        """`paribus show --json` without times."""
        words = [sys.executable, "-c", PROGRAM, "show", "torture", "--json", "--home", str(self.folder / "home")]
        return TIMES.sub("", subprocess.run(words, capture_output=True, text=True, check=True).stdout)

    def left(self) -> list[str]:
        """What should not be there: half-written files, checkpoints, locks, anything in the temporary directory."""
        home = self.folder / "home"
        paths = [
            *home.rglob(".writing-*"),
            *home.rglob(".*.html-*"),
            *home.glob("running/*"),
            *home.glob("checkpoints/*"),
        ]
        return [str(path.relative_to(self.folder)) for path in [*paths, *(self.folder / "temporary").iterdir()]]


def arrays(home: Path) -> dict[str, Any]:
    """All arrays of all runs, by run, file and name; times left out."""
    from pyarrow.parquet import ParquetFile
    from safetensors.numpy import load_file

    found: dict[str, Any] = {}
    for path in sorted(home.glob("runs/*/*/*")):
        name = f"{path.parent.name}/{path.name}"
        if path.suffix == ".npz":
            with np.load(path) as content:
                found |= {f"{name}/{key}": content[key] for key in content.files}
        elif path.suffix == ".safetensors":
            found |= {f"{name}/{key}": value for key, value in load_file(path).items()}
        elif path.suffix == ".parquet":
            found |= {f"{name}/{key}": np.array(values) for key, values in ParquetFile(path).read().to_pydict().items()}
    return found


def wrong(one: dict[str, Any], other: dict[str, Any]) -> int:
    """How many arrays differ, or are in one alone."""
    both = one.keys() & other.keys()
    differ = sum(one[key].tobytes() != other[key].tobytes() or one[key].dtype != other[key].dtype for key in both)
    return differ + len(one.keys() ^ other.keys())


def children(process: int) -> list[int]:
    """The processes that a process has begun and that live; none where it is gone."""
    try:
        return [int(number) for number in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def alive(process: int) -> bool:
    """Whether it has not ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def family(driver: int) -> tuple[list[int], list[int]]:
    """The processes that workers are forked from, and the workers."""
    servers = children(driver)
    return servers, [worker for server in servers for worker in children(server)]


def strike(driver: subprocess.Popen[str], chance: random.Random) -> str | None:
    """Send one signal; what was sent to whom, None if there is nobody."""
    try:
        servers, workers = family(driver.pid)
        whom = chance.choices(["driver", "group", "worker", "server", "driver twice"], [8, 5, 6, 3, 2])[0]
        number = chance.choice(ENDS)
        if whom in ("worker", "server"):
            members = workers if whom == "worker" else servers
            number = chance.choice([signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
            if not members:
                return None
            os.kill(chance.choice(members), number)
        elif whom == "group":
            os.killpg(driver.pid, number)
        else:
            os.kill(driver.pid, number)
            if whom == "driver twice":
                number = signal.SIGINT
                time.sleep(chance.uniform(0, 0.3))
                os.kill(driver.pid, number)
    except ProcessLookupError:
        return None
    return f"{whom} {number.name.removeprefix('SIG')}"


def watch(driver: subprocess.Popen[str], members: set[int], done: Callable[[], bool]) -> None:
    """Note the driver's processes until something is done, or the driver."""
    while driver.poll() is None and not done():
        members.update(*family(driver.pid))
        time.sleep(0.05)


def live(home: Home, chance: random.Random, sent: Counter[str], longest_s: float) -> int | None:
    """One life of the program, with one signal or more; its exit code, None if a process outlived it for long."""
    driver, members = home.begin(), set[int]()
    if chance.random() < 0.25:
        longest_s = 1.5
    else:
        watch(driver, members, lambda: bool(family(driver.pid)[1]))  # until it trains
    while driver.poll() is None:
        until = time.monotonic() + chance.uniform(0, longest_s)
        watch(driver, members, lambda until=until: time.monotonic() >= until)
        if driver.poll() is None and (what := strike(driver, chance)):
            sent[what] += 1
    until = time.monotonic() + 10.0
    while (left := [process for process in members if alive(process)]) and time.monotonic() < until:
        time.sleep(0.05)
    for process in left:
        os.kill(process, signal.SIGKILL)
    return None if left else driver.returncode


class Torture:
    """Homes that are killed, and what came of them.

    Args:
        signals: how many to send.
        seed: of the moments, signals and victims.
    """

    def __init__(self, signals: int, seed: int) -> None:
        self.signals, self.chance = signals, random.Random(seed)
        self.sent, self.codes = Counter[str](), Counter[str]()
        self.found: dict[str, Any] = {"homes": 0, "lost": 0, "wrong arrays": 0, "tables differ": 0, "outlived": 0}
        self.found |= {"left": [], "tracebacks": []}

    def run(self) -> dict[str, Any]:
        """Kill homes until all signals are sent, each home until its study is done; what came of it."""
        with tempfile.TemporaryDirectory(prefix="torture-") as name:
            undisturbed = _new(Path(name), 0, eager=False)
            driver = undisturbed.begin()
            watch(driver, set(), lambda: bool(family(driver.pid)[1]))
            begun = time.monotonic()
            watch(driver, set(), lambda: len(undisturbed.rows()) == NUM_RUNS)
            self.longest_s = 0.4 * (time.monotonic() - begun)
            assert driver.wait() == 0
            tables, truth = undisturbed.shown(), arrays(undisturbed.folder / "home")
            assert len(undisturbed.rows()) == NUM_RUNS
            while sum(self.sent.values()) < self.signals:
                self.found["homes"] += 1
                home = _new(Path(name), self.found["homes"], eager=self.found["homes"] % 2 == 0)
                while self._live(home) != 0:
                    pass
                self.found["wrong arrays"] += wrong(truth, arrays(home.folder / "home"))
                self.found["tables differ"] += home.shown() != tables
                self.found["left"] += home.left()
        counts = {"signals": sum(self.sent.values()), "lives": sum(self.codes.values())}
        return counts | self.found | {"exit codes": dict(self.codes), "sent": dict(sorted(self.sent.items()))}

    def _live(self, home: Home) -> int | None:
        """One life, in peace if all signals are sent; how it ended."""
        peace = sum(self.sent.values()) >= self.signals
        code = home.begin().wait() if peace else live(home, self.chance, self.sent, self.longest_s)
        self.codes[str(code)] += 1
        self.found["outlived"] += code is None
        self.found["lost"] += home.lost()
        self.found["left"] += [path for path in home.left() if path.startswith("temporary")]
        said = (home.folder / "err").read_text(errors="replace")
        self.found["tracebacks"] += [said[-2000:]] if "Traceback" in said or code == 2 else []
        told = f"{sum(self.sent.values())} signals, home {self.found['homes']}: exit {code}, {len(home.known)} runs"
        print(told, flush=True)
        return code


def _new(parent: Path, number: int, eager: bool) -> Home:
    folder = parent / str(number)
    folder.mkdir()
    (folder / "torture.yaml").write_text(STUDY)
    return Home(folder, eager)


def main() -> None:
    """Torture, and print what came of it; exit 1 if anything was lost, is wrong, or was left."""
    parser = argparse.ArgumentParser(description="Kill studies in every way until they are done.")
    parser.add_argument("--signals", type=int, default=200, help="how many are sent  [200]")
    parser.add_argument("--seed", type=int, default=0, help="of the moments, signals and victims  [0]")
    parser.add_argument("--json", type=Path, help="where the outcome is written")
    asked = parser.parse_args()
    begun = time.monotonic()
    result = Torture(asked.signals, asked.seed).run() | {"seed": asked.seed}
    result["minutes"] = round((time.monotonic() - begun) / 60, 1)
    text = json.dumps(result, indent=1)
    print(text)
    if asked.json:
        asked.json.write_text(text)
    bad = ("lost", "wrong arrays", "tables differ", "outlived", "left", "tracebacks")
    sys.exit(any(result[name] for name in bad))


if __name__ == "__main__":
    main()
