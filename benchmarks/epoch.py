"""Whether Keras takes the same steps: an epoch from the same weights over the same rows, in float32, without dropout.

usage: python -m benchmarks.epoch [W1 W3 ...]

Run it in `benchmarks/.venv`; of all networks it writes EPOCH.md. It says nothing of dropout, bfloat16 and later epochs,
but where nobody has the time to train enough seeds, as of AlexNet, it shows that both sides compute the same.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.process import measure
from benchmarks.report import write_report
from benchmarks.sides import PEERS, ask, environment, write_study
from benchmarks.tables import percents, table
from benchmarks.workloads import WORKLOADS, Workload

HERE = Path(__file__).parent
PARTS = {"A step or two": 70, "An epoch": 2000}
"""Rows, nine or eight tenths of which are for training."""
INTRO = (
    "SGD over nine or eight tenths of 70 and of 2,000 rows, in float32, without dropout, from the same weights and\n"
    "over the same batches, here and in Keras; and here again from weights changed by 1e-5 of themselves, as such an\n"
    "error grows with every step. Shares are of the way from the first to the last kernels, or probabilities of the\n"
    "test rows."
)
NAMES = tuple(name for name, one in WORKLOADS.items() if one.peer == "keras_fit" and "text" not in one.data)
HEAD = [
    "",
    "steps",
    "kernels apart, % of their way",
    "by 1e-5",
    "probabilities apart, % of their way",
    "by 1e-5",
    "right, % of test rows: here",
    "there",
    "by 1e-5",
]


def study_of(name: str, workload: Workload, folder: Path) -> dict[str, Any]:
    """The workload's study without what is random or rounded: one seed, float32, no dropout, all rows.

    Plain SGD, as Adam's first steps are the signs of gradients, of which those near zero are rounding.
    """
    study = workload.study(name, folder, epochs=1, seeds=1)
    model = {**study["baseline"]["model"], "dropout": 0}
    baseline = {**study["baseline"], "model": model, "optimizer": {"kind": "sgd", "lr": 0.01}, "precision": "fp32"}
    return {**study, "baseline": baseline, "data": {**study["data"], "fraction": 1}}


def compare(name: str, folder: Path) -> dict[str, Any]:
    """Train an epoch here, then there."""
    workload = WORKLOADS[name]
    study = study_of(name, workload, folder)
    file, epoch = write_study(study, folder), folder / f"{name}-epoch.npz"
    (facts,) = json.loads(ask("facts", [str(file)], folder))
    ask("epoch", [str(file), str(epoch)], folder)
    options = {"study": study, "facts": facts, "arrays": str(folder / f"{workload.arrays}.npz"), "epoch": str(epoch)}
    done = measure([sys.executable, str(PEERS / "keras_epoch.py"), json.dumps(options)], environment(folder))
    return json.loads(done.out.splitlines()[-1])


def main() -> None:
    """Compare the networks that were named, or all, and print a row each."""
    if "PARIBUS_DATA" not in os.environ:
        sys.exit("PARIBUS_DATA must name the directory of the published data sets' original files.")
    names = sys.argv[1:] or NAMES
    with tempfile.TemporaryDirectory(prefix="paribus-bench-") as folder:
        parts = {head: _table(names, rows, Path(folder)) for head, rows in PARTS.items()}
        if names == NAMES:
            machine = {**json.loads(ask("machine", [], Path(folder))), "load": os.getloadavg()[0]}
            write_report("The same steps", INTRO, parts, machine, HERE / "EPOCH.md")


def _table(names: Sequence[str], num_rows: int, folder: Path) -> str:
    ask("arrays", [str(folder), str(num_rows), *{WORKLOADS[name].arrays for name in names}], folder)
    rows: list[list[str]] = []
    for name in names:
        found = compare(name, folder)
        rows.append(
            [name, str(found["steps"]), *percents([*found["kernels"], *found["probabilities"], *found["right"]])]
        )
        print(f"{name}: {WORKLOADS[name].title}, {rows[-1][1]} steps", flush=True)
    print(table(HEAD, rows))
    return table(HEAD, rows)


if __name__ == "__main__":
    main()
