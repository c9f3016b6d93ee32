"""A study in ten lines of Python, and what its result holds."""

from pathlib import Path

import numpy as np
import pytest
from plotly.graph_objects import Figure
from scipy import stats

from paribus import Result, SpecError, Study


def clouds() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = np.arange(150) % 3
    return {"x": rng.normal(size=(150, 2)) + 3 * np.eye(3)[labels][:, :2], "y": labels}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    study = Study(
        name="clouds",
        question="Does width help?",
        data={"source": clouds},
        baseline={"model": {"kind": "mlp", "width": 4, "depth": 1}, "epochs": 3, "batch_size": 32},
        factors={"width": {"vary": "model.width", "levels": [4, 16]}},
        seeds=3,
    )
    return study.run(home=tmp_path_factory.mktemp("home"), quiet=True)


def test_runs(result: Result) -> None:
    runs = result.runs
    assert runs[["variant", "seed"]].values.tolist() == [[v, s] for v in ("baseline", "width=16") for s in (0, 1, 2)]
    assert (runs["status"] == "finished").all()
    assert (runs["epochs"] == 3).all()
    assert runs["test_accuracy"].between(0, 1).all()
    # 30 test items: every accuracy is a number of thirtieths
    np.testing.assert_allclose(runs["test_accuracy"] * 30, (runs["test_accuracy"] * 30).round(), atol=1e-9)


def test_contrasts_and_variants_follow_from_the_runs(result: Result) -> None:
    scores = result.runs.pivot(index="seed", columns="variant", values="test_accuracy")
    differences = scores["width=16"] - scores["baseline"]
    contrast = result.contrasts.iloc[0]
    assert (contrast["factor"], contrast["level"], contrast["reference"], contrast["n"]) == ("width", "16", "4", 3)
    assert contrast["difference"] == pytest.approx(differences.mean())
    means = result.variants.set_index("variant")["mean"]
    assert means.to_dict() == pytest.approx(scores.mean().to_dict())


def test_items_are_those_that_the_loaded_networks_answer(result: Result) -> None:
    data = result.tables.dataset
    assert data is not None
    names = np.array(data.class_names)
    found = {
        name: np.array([result.load(name, seed).predict(data.x_test) for seed in (0, 1, 2)])
        for name in ("baseline", "width=16")
    }
    right = {name: classes_SB == names[data.y_test] for name, classes_SB in found.items()}
    wide, narrow = right["width=16"], right["baseline"]

    sample, contrast = result.test_set.iloc[0], result.contrasts.iloc[0]
    diff_B = wide.mean(axis=0) - narrow.mean(axis=0)
    assert sample["difference"] == pytest.approx(diff_B.mean()) == pytest.approx(contrast["difference"])
    drawn = stats.bootstrap((diff_B,), np.mean, method="percentile", rng=np.random.default_rng(0)).confidence_interval
    assert sample[["low", "high"]].tolist() == pytest.approx([drawn.low, drawn.high], abs=0.02)
    only = [(wide[0] & ~narrow[0]).sum(), (narrow[0] & ~wide[0]).sum()]
    expected = stats.binomtest(only[0], sum(only)).pvalue if sum(only) else 1
    assert (sample["mcnemar_p"], sample["seed"], sample["n_items"]) == (pytest.approx(expected), 0, 30)

    churn = result.churn.iloc[0]
    assert (churn["level"], churn["reference"], churn["pairs"]) == ("16", "4", 3)
    assert churn["churn"] == pytest.approx((found["width=16"] != found["baseline"]).mean())
    a, b, c = found["baseline"]
    assert churn["seed_churn"] == pytest.approx(np.mean([a != b, a != c, b != c]))

    wrong = result.wrong.set_index("variant")
    everything = np.concatenate([wide, narrow])
    for name, right_RB in (("baseline", narrow), ("all variants", everything)):
        counts = [(~right_RB).all(axis=0).sum(), 0, right_RB.all(axis=0).sum()]
        counts[1] = 30 - sum(counts)
        assert wrong.loc[name, ["always", "sometimes", "never"]].tolist() == counts
    listed = dict(zip(result.wrong_items["item"], result.wrong_items["wrong"], strict=True))
    assert listed == {item: n for item, n in enumerate((~everything).sum(axis=0)) if n}


def test_history(result: Result) -> None:
    history = result.history
    assert len(history) == 2 * 3 * 3
    assert history.groupby(["variant", "seed"])["epoch"].apply(list).map(lambda epochs: epochs == [1, 2, 3]).all()
    assert np.isfinite(history[["train_loss", "val_loss", "train_accuracy", "val_accuracy"]].to_numpy()).all()


def test_figures_and_words(result: Result) -> None:
    assert result.figures
    assert all(isinstance(figure, Figure) for figure in result.figures.values())
    assert len(result.verdicts) == 1
    assert result.verdicts[0].startswith("width 16 ")
    assert "n = 3 seeds" in result.verdicts[0]
    assert result.failures == []
    page = result._repr_html_()
    assert "<b>clouds</b>" in page
    assert result.verdicts[0] in page
    assert page.count("<tr") == 1 + len(result.variants)


def test_networks_are_looked_into_once(result: Result) -> None:
    assert not {"weights", "features"} & result.figures.keys()
    result.probe()
    assert {"weights", "features"} <= result.figures.keys()
    files = list((result._store.home / "probes").iterdir())
    times = [file.stat().st_mtime_ns for file in files]
    assert len(files) == len(result.tables.probed) == len({"baseline", result.tables.best.variant})
    result.probe()
    assert [file.stat().st_mtime_ns for file in files] == times


def test_the_report_goes_where_it_is_told(result: Result, tmp_path: Path) -> None:
    path = result.report(tmp_path / "new" / "r.html")
    assert path == tmp_path / "new" / "r.html"
    assert result.verdicts[0].split(":")[0] in path.read_text()


def test_a_mistake_is_a_spec_error() -> None:
    with pytest.raises(SpecError, match="Did you mean 'epochs'"):
        Study(name="a", data={"source": "digits"}, baseline={"epoch": 3})
    with pytest.raises(SpecError, match="data: is missing"):
        Study(name="a")


def test_a_study_is_planned_without_a_trace(tmp_path: Path) -> None:
    (forecast,) = Study(name="a", data={"source": clouds}, seeds=2).plan(home=tmp_path / "home")
    assert len(forecast.plan.runs) == 2
    assert forecast.stored == frozenset()
    assert not (tmp_path / "home").exists()


def units() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = np.arange(300) % 2
    metres, grams = labels + rng.normal(0, 0.2, 300), rng.uniform(0, 10_000, 300)
    return {"x": np.stack([metres, grams], axis=1), "y": labels}


def test_columns_of_a_table_may_have_units_of_their_own(tmp_path: Path) -> None:
    baseline = {"model": {"kind": "linear"}, "optimizer": {"kind": "adam", "lr": 0.03}, "batch_size": 32}
    result = Study(name="units", data={"source": units}, baseline=baseline, seeds=1).run(tmp_path, quiet=True)
    assert result.runs["test_accuracy"].item() > 0.95
