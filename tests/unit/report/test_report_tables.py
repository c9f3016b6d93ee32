from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from paribus.report.content import Content
from paribus.report.tables import predictions
from paribus.report.tables.choice import best_variant, shown_variants
from paribus.report.tables.study import seeds_of
from paribus.store.records.study import Level

AVERAGES = ("macro", "weighted")


def test_variants_are_those_of_the_plan_with_student_intervals(fake) -> None:
    study = fake(statuses={("depth=3", 1): "diverged"})
    table = study.tables.variants.set_index("variant")
    assert list(table.index) == ["baseline", "depth=3", "optimizer=SGD", "optimizer=<b>&Adam"]
    scores = [
        run.metrics["test_accuracy"] for (name, _), run in study.saved.items() if name == "depth=3" and run.metrics
    ]
    low, high = stats.ttest_1samp(scores, 0).confidence_interval(0.95)
    row = table.loc["depth=3"]
    assert (row["finished"], row["planned"], row["parameters"]) == (3, 4, 1001)
    expected = [np.mean(scores), low, high, min(scores), max(scores), 1.5]
    assert row[["mean", "ci_low", "ci_high", "min", "max", "seconds"]].tolist() == pytest.approx(expected)


def test_runs_have_every_metric_and_every_status(fake) -> None:
    statuses = {("depth=3", 0): "diverged", ("depth=3", 1): "failed", ("optimizer=SGD", 2): "interrupted"}
    study = fake(statuses=statuses)
    runs = study.tables.runs
    assert list(runs.columns[:6]) == ["variant", "seed", "fold", "status", "epochs", "best_epoch"]
    assert len(runs) == 16
    found = {(row.variant, row.seed): row.status for row in runs.itertuples()}
    assert {place: found[place] for place in statuses} == statuses
    assert list(found.values()).count("finished") == 13
    saved = study.saved["baseline", 2].metrics
    row = runs.query("variant == 'baseline' and seed == 2").iloc[0]
    assert {name: row[name] for name in saved} == saved


def test_history_holds_every_epoch_of_finished_and_diverged_runs(fake) -> None:
    study = fake(statuses={("baseline", 0): "diverged", ("baseline", 1): "failed"})
    history = study.tables.history
    columns = ["variant", "seed", "fold", "epoch", "lr", "train_loss", "train_accuracy", "val_loss", "val_accuracy"]
    assert list(history.columns) == columns
    assert len(history) == 15 * 5
    got = history.query("variant == 'depth=3' and seed == 3")["val_loss"]
    np.testing.assert_allclose(got, study.saved["depth=3", 3].history["val_loss"])


def test_confusion_and_classes_agree_with_sklearn(fake) -> None:
    study = fake()
    tables = study.tables
    means = {name: [] for name, _ in study.saved}
    for (name, _), run in study.saved.items():
        means[name].append(run.metrics["val_accuracy"])
    assert tables.best.validated
    assert tables.best.variant == max(means, key=lambda name: np.mean(means[name]))
    best = [run.predictions for (name, _), run in study.saved.items() if name == tables.best.variant]
    guesses = [(run["test_labels"], run["test_probabilities"].argmax(axis=1)) for run in best]
    total = sum(confusion_matrix(true, guess) for true, guess in guesses)
    square = tables.confusion.pivot(index="true", columns="predicted", values="count")
    names = ["shirt", "bag", "boot"]
    np.testing.assert_array_equal(square.loc[names, names], total)
    rates = np.array([precision_recall_fscore_support(true, guess)[:3] for true, guess in guesses])
    averages = [precision_recall_fscore_support(*pair, average=way)[:3] for pair in guesses for way in AVERAGES]
    rates = np.concatenate([rates, np.reshape(averages, (len(guesses), 2, 3)).transpose(0, 2, 1)], axis=2)
    classes = tables.classes
    assert classes["class"].tolist() == [*names, "macro average", "weighted average"]
    for number, rate in enumerate(["precision", "recall", "f1"]):
        np.testing.assert_allclose(classes[rate], rates[:, number].mean(axis=0))
        np.testing.assert_allclose(classes[f"{rate}_min"], rates[:, number].min(axis=0))
        np.testing.assert_allclose(classes[f"{rate}_max"], rates[:, number].max(axis=0))
    assert classes["support"].tolist() == [100, 100, 100, 300, 300]
    found = tables.recalls.query("variant == @tables.best.variant")["accuracy"].to_numpy().reshape(-1, 3)
    np.testing.assert_allclose(found, rates[:, 1, :3])


def test_folds_do_not_make_the_test_set_larger(fake) -> None:
    study = fake(folds=2, seeds=3, statuses={("depth=3", 2, 0): "failed"})
    tables = study.tables
    assert tables.best.variant == "baseline"
    assert tables.classes["support"].tolist() == [100, 100, 100, 300, 300]
    runs = [study.saved["baseline", seed, fold].predictions for seed in range(3) for fold in range(2)]
    guesses = [run["test_probabilities"].argmax(axis=1) for run in runs]
    names = ["shirt", "bag", "boot"]
    assert sorted(tables.hardest["class"]) == sorted(names)
    for row in tables.hardest.to_dict("records"):
        code = names.index(row["class"])
        found = np.mean([guess[np.arange(300) % 3 == code] == code for guess in guesses])
        assert (row["recall"], row["support"]) == (pytest.approx(found), 100)
        # Wilson's interval ends where the share that was found would be a normal quantile away
        for end in (row["ci_low"], row["ci_high"]):
            assert abs(found - end) == pytest.approx(stats.norm.ppf(0.975) * np.sqrt(end * (1 - end) / 100))


def test_a_class_without_test_rows_has_no_rates(fake) -> None:
    counts = [np.array([[8, 1, 1], [0, 10, 0], [0, 0, 0]]), np.array([[6, 4, 0], [5, 5, 0], [0, 0, 0]])]
    names = ["shirt", "bag", "boot"]
    found = predictions.recalls({"baseline": counts}, names)
    assert found[["class", "accuracy"]].to_numpy().tolist() == [
        ["shirt", 0.8],
        ["bag", 1],
        ["shirt", 0.6],
        ["bag", 0.5],
    ]
    study = fake()
    classes = predictions.classes(counts, names, [10, 10, 0])
    rows = Content(study.record, replace(study.tables, classes=classes), []).classes()
    assert rows[0][3:5] + rows[0][-1:] == ["70.0", "60.0 to 80.0", "10"]
    assert rows[2] == ["boot", *["–"] * 6, "0"]
    assert rows[3][0] == "macro average"
    assert rows[4][3:5] == ["72.5", "55.0 to 90.0"]


def test_contrasts_are_the_paired_differences(fake) -> None:
    study = fake()
    row = study.tables.contrasts.query("level == 'SGD'").iloc[0]
    pairs = [
        [study.saved[name, seed].metrics["test_accuracy"] for seed in range(4)]
        for name in ("optimizer=SGD", "baseline")
    ]
    found = stats.ttest_rel(*pairs).confidence_interval(0.95)
    expected = [np.mean(pairs[0]) - np.mean(pairs[1]), found.low, found.high]
    assert row[["difference", "ci_low", "ci_high"]].tolist() == pytest.approx(expected)


def test_without_validation_rows_the_first_variant_stands_in(fake) -> None:
    best = fake(validation=0.0).tables.best
    assert (best.variant, best.validated) == ("baseline", False)


def test_a_variant_that_lost_seeds_is_not_the_best() -> None:
    runs = pd.DataFrame(
        [["a", "finished", 0.8], ["a", "finished", 0.8], ["b", "finished", 0.99], ["b", "diverged", np.nan]],
        columns=["variant", "status", "val_accuracy"],
    )
    assert best_variant(runs, "accuracy").variant == "a"


def made_runs(scores: dict[str, tuple[int, int, float]]) -> pd.DataFrame:
    """Finished runs of each variant: so many seeds, folds and the same validation accuracy."""
    rows = [
        (name, seed, fold, "finished", score)
        for name, (seeds, folds, score) in scores.items()
        for seed in range(seeds)
        for fold in range(folds)
    ]
    return pd.DataFrame(rows, columns=["variant", "seed", "fold", "status", "val_accuracy"])


@pytest.mark.parametrize(
    "scores",
    [
        {"baseline": (20, 1, 0.8), "depth=3": (20, 1, 0.801), "depth=5": (5, 1, 0.95)},  # a ladder decided the last
        {"folds": (5, 5, 0.8), "share": (5, 1, 0.95)},
    ],
)
def test_fewer_planned_runs_are_no_reason_against_the_best(scores: dict[str, tuple[int, int, float]]) -> None:
    runs = made_runs(scores)
    wanted = max(scores, key=lambda name: scores[name][2])
    assert best_variant(runs, "accuracy").variant == wanted
    runs.loc[runs["variant"] == wanted, "status"] = ["failed", *["finished"] * (scores[wanted][0] - 1)]
    assert best_variant(runs, "accuracy").variant == max(scores.keys() - {wanted}, key=lambda name: scores[name][2])


def test_if_every_variant_lost_runs_the_best_is_of_those_that_lost_the_smallest_share() -> None:
    runs = made_runs({"a": (10, 1, 0.8), "b": (4, 1, 0.9), "c": (10, 1, 0.7)})
    runs.loc[runs["seed"] == 0, ["status", "val_accuracy"]] = ["failed", np.nan]  # 9 of 10, 3 of 4, 9 of 10
    assert best_variant(runs, "accuracy").variant == "a"


def test_validation_decides_not_the_test_set_and_a_lower_loss_is_better() -> None:
    runs = pd.DataFrame({"variant": ["a", "b"], "status": "finished", "val_loss": [0.5, 0.4], "test_loss": [0.1, 0.9]})
    assert best_variant(runs, "loss").variant == "b"


def test_many_variants_show_baseline_best_and_the_best_of_each_factor() -> None:
    names = ["baseline", *(f"depth={n}" for n in range(4)), *(f"width={n}" for n in range(4))]
    values = [0.5, 0.1, 0.9, 0.2, 0.3, 0.4, 0.1, 0.6, 0.2]
    runs = pd.DataFrame({"variant": names, "status": "finished", "val_accuracy": values})
    levels = [Level(name.split("=")[0], name, (name,)) for name in names[1:]]
    assert shown_variants(runs, levels, "accuracy", "depth=1") == ("baseline", "depth=1", "depth=3", "width=2")


def test_many_cells_show_baseline_best_and_the_best_of_each_crossed_factor() -> None:
    names = ["baseline", *(f"a={a}, b={b}" for a in range(1, 4) for b in range(3))]
    values = [0.5, 0.1, 0.9, 0.2, 0.3, 0.4, 0.8, 0.6, 0.7, 0.2]
    runs = pd.DataFrame({"variant": names, "status": "finished", "val_accuracy": values})
    levels = [Level("a", "1", tuple(names[1:4])), Level("a", "2", tuple(names[4:]))]
    levels += [Level("b", str(place), tuple(names[place::3])) for place in (1, 2, 3)]
    assert shown_variants(runs, levels, "accuracy", "a=1, b=1") == ("baseline", "a=1, b=1", "a=2, b=2", "a=3, b=1")


def test_the_gap_is_that_of_the_epoch_whose_weights_were_kept(fake) -> None:
    study = fake(statuses={("depth=3", 1): "diverged"})
    study.values["variants"]["depth=3"]["recipe"]["keep"] = "best"
    tables = study.tables
    assert len(tables.gaps) == 15
    for name, seed, epoch, gap in tables.gaps[["variant", "seed", "epoch", "gap"]].itertuples(index=False):
        curves = study.saved[name, seed].history
        assert epoch == (1 if name == "depth=3" else 5)
        assert gap == pytest.approx(curves["train_accuracy"][epoch - 1] - curves["val_accuracy"][epoch - 1])
    row = tables.variants.set_index("variant").loc["depth=3"]
    kept = [study.saved["depth=3", seed] for seed in (0, 2, 3)]
    assert row["gap"] == pytest.approx(
        np.mean([r.history["train_accuracy"][0] - r.history["val_accuracy"][0] for r in kept])
    )
    assert row["validation"] == pytest.approx(np.mean([r.metrics["val_accuracy"] for r in kept]))


def test_every_mistake_of_the_runs_average_is_listed(fake) -> None:
    study = fake()
    tables = study.tables
    seeds = [study.saved[tables.best.variant, seed].predictions for seed in range(4)]
    mean = np.mean([run["test_probabilities"].astype(float) for run in seeds], axis=0)
    labels = seeds[0]["test_labels"]
    assert sorted(tables.mistakes["item"]) == np.flatnonzero(mean.argmax(axis=1) != labels).tolist()
    assert tables.mistakes["confidence"].is_monotonic_decreasing
    names = ["shirt", "bag", "boot"]
    for row in tables.mistakes.itertuples():
        assert (row.true, row.predicted) == (names[labels[row.item]], names[mean[row.item].argmax()])
        assert row.confidence == pytest.approx(mean[row.item].max())
        assert row.wrong == sum(run["test_probabilities"][row.item].argmax() != labels[row.item] for run in seeds)
        assert row.runs == 4


def test_networks_looked_into_are_those_of_the_first_finished_seeds(fake) -> None:
    study = fake(statuses={("baseline", 0): "diverged"})
    tables = study.tables
    assert tables.best.variant == "depth=3"
    assert tables.probed == {name: study.saved[name, seed].key for name, seed in (("baseline", 1), ("depth=3", 0))}


def test_without_a_finished_run_there_is_no_network_to_look_into(fake) -> None:
    assert fake(everywhere="diverged").tables.probed == {}


def test_a_seed_is_the_mean_of_its_folds_and_lacks_a_score_without_one() -> None:
    rows = [
        ("a", 0, 0.0, "finished", 0.8),
        ("a", 0, 1.0, "finished", 0.9),
        ("a", 1, 0.0, "finished", 0.7),
        ("a", 1, 1.0, "failed", None),
    ]
    runs = pd.DataFrame(rows, columns=["variant", "seed", "fold", "status", "test_accuracy"])
    found = seeds_of(runs)
    assert found["status"].tolist() == ["finished", "failed"]
    assert found["test_accuracy"].iloc[0] == pytest.approx(0.85)
    assert np.isnan(found["test_accuracy"].iloc[1])


def test_runs_that_were_scored_on_the_test_rows_are_counted_over_all_studies_of_the_home(fake, tmp_path: Path) -> None:
    study = fake(statuses={("depth=3", 1): "diverged"})
    finished = sum(row.status == "finished" for row in study.rows.values())
    assert study.tables.scored == 0  # of no study that the home knows
    study.store.save_study("one", study.values)
    study.store.save_study("again", study.values)  # the same runs count once
    other = {**study.values, "dataset": {**study.values["dataset"], "fingerprint": "0" * 64}}
    study.store.save_study("other", other)
    assert study.tables.scored == finished == len(study.rows) - 1
    assert f"scored {finished} times by the studies in this home" in study.page(tmp_path / "page.html")
