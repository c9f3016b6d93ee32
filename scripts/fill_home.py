"""Fill a home with many made-up runs, to see what grows with them.

usage: fill_home.py HOME [--seeds 200] [--study many.yaml]

The first seed of every variant is trained; those of all others are made up from it, in the same form. The study is
written to HOME/many.yaml unless another is named, and `paribus run` of it finds nothing to train.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from paribus.evaluation.metrics import score
from paribus.planning import Run
from paribus.running.work import lay_out, plan_with_data
from paribus.store import RunRecord, Store
from paribus.store.records import Status
from paribus.study import Study
from paribus.user_code import Origin

MANY = """\
name: many
question: What grows with many runs?
data: {source: fashion_mnist_mini, validation: 0.1}
baseline:
  model: {kind: mlp, width: 16, depth: 1}
  optimizer: {kind: adam, lr: 0.001}
  epochs: 10
  batch_size: 128
margin: 0.005
factors:
  rate: {vary: optimizer.lr, levels: [0.001, 0.0005, 0.002, 0.003, 0.005, 0.007, 0.01]}
  dropout: {vary: model.dropout, levels: [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]}
  smoothing: {vary: label_smoothing, levels: [0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2]}
  penalty: {vary: l2, levels: [0.0, 0.000001, 0.00001, 0.00003, 0.0001, 0.0003, 0.001]}
"""
"""25 variants."""


def fill(home: Path, file: Path, seeds: int) -> int:
    """Train the first seed of a study, make up the others, and return the number of runs that it has then."""
    Study.open(str(file), ["seeds=1"]).run(home, quiet=True)
    planned = plan_with_data(Study.open(str(file), [f"seeds={seeds}"]), Origin(file.parent, str(file)))
    store = Store(home)
    work = lay_out(planned, store, None)
    work.begin(store)
    trained = {run.variant: read(store, run) for run in work.plan.runs if run.seed == 0}
    for run in work.plan.runs:
        store.save_run(made_up(run, trained[run.variant]))  # those of the first seed stay
    return len(work.plan.keys)


def read(store: Store, run: Run) -> RunRecord:
    """A stored run as it was when it was stored, but for the state of its optimizer."""
    row, (key, provenance) = store.runs([run.key])[run.key], (run.key, store.provenance(run.key))
    return RunRecord(
        key, row.recipe, run.seed, Status(row.status), row.epochs, row.best_epoch, row.time_s, row.predicted_s,
        history=store.history(key), predictions=store.predictions(key), weights=store.weights(key),
        engine=provenance["engine"],
    )  # fmt: skip


def made_up(run: Run, trained: RunRecord) -> RunRecord:
    """A run that did about as well as the trained one of its variant: its probabilities and curves differ a little."""
    rng = np.random.default_rng(int(run.key[:16], 16))
    predictions, metrics = dict(trained.predictions), dict[str, float]()
    for part in ("val", "test"):
        p_BC = trained.predictions[f"{part}_probabilities"]
        p_BC = p_BC * rng.gamma(4.0, size=p_BC.shape)
        p_BC = (p_BC / p_BC.sum(axis=1, keepdims=True)).astype(np.float32)
        predictions[f"{part}_probabilities"] = p_BC
        metrics |= {f"{part}_{name}": value for name, value in score(p_BC, predictions[f"{part}_labels"]).items()}
    curves = ((name, values) for name, values in trained.history.items() if name != "epoch")
    history = {name: values if name == "lr" else values * rng.normal(1, 0.01, len(values)) for name, values in curves}
    time_s = trained.time_s * float(rng.uniform(0.9, 1.1))
    return replace(
        trained, key=run.key, seed=run.seed, metrics=metrics, predictions=predictions, history=history, time_s=time_s
    )


def main() -> None:
    """Parse, fill, say how many there are."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--study", type=Path)
    asked = parser.parse_args()
    file = asked.study or asked.home / "many.yaml"
    if not asked.study:
        asked.home.mkdir(parents=True, exist_ok=True)
        file.write_text(MANY, encoding="utf-8")
    print(f"{fill(asked.home, file, asked.seeds):,} runs in {asked.home}; the study is {file}")


if __name__ == "__main__":
    main()
