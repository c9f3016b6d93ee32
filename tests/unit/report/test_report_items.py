"""Tables of the test items, from made-up runs."""

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import confusion_matrix

KINDS = ["always", "sometimes", "never"]


def wrong_RB(study, *names: str) -> np.ndarray:
    found = [run.predictions for (name, _), run in study.saved.items() if name in names and run.predictions]
    return np.array([run["test_probabilities"].argmax(axis=1) != run["test_labels"] for run in found])


def test_each_variant_and_all_together(fake) -> None:
    study = fake(statuses={("depth=3", 1): "diverged"})
    table = study.tables.items.wrong.set_index("variant")
    names = ["baseline", "depth=3", "optimizer=SGD", "optimizer=<b>&Adam"]
    assert list(table.index) == [*names, "all variants"]
    assert table["runs"].tolist() == [4, 3, 4, 4, 15]
    for name in table.index:
        wrong = wrong_RB(study, *(names if name == "all variants" else [name]))
        expected = [wrong.all(axis=0).sum(), (wrong.any(axis=0) & ~wrong.all(axis=0)).sum(), (~wrong.any(axis=0)).sum()]
        assert table.loc[name, KINDS].tolist() == expected
        assert table.loc[name, [f"{kind}_share" for kind in KINDS]].tolist() == pytest.approx(np.array(expected) / 300)
    items = study.tables.items.items
    assert items["wrong"].tolist() == sorted(wrong_RB(study, *names).sum(axis=0), reverse=True)[: len(items)]
    assert set(items["true"]) == {"shirt", "bag", "boot"}


def test_confused_pairs_have_student_intervals_over_seeds(fake) -> None:
    study = fake()
    tables = study.tables
    best = [run.predictions for (name, _), run in study.saved.items() if name == tables.best.variant]
    counts = np.array([confusion_matrix(run["test_labels"], run["test_probabilities"].argmax(axis=1)) for run in best])
    names = ["shirt", "bag", "boot"]
    assert len(tables.confused) == 6
    for row in tables.confused.itertuples():
        counts_S = counts[:, names.index(row.true), names.index(row.predicted)]
        interval = stats.ttest_1samp(counts_S / 100, 0).confidence_interval(0.95)
        assert row.count == counts_S.sum()
        expected = (counts_S.mean() / 100, max(0, interval.low), interval.high)
        assert (row.share, row.ci_low, row.ci_high) == pytest.approx(expected)


@pytest.mark.parametrize("crossed", [False, True])
def test_the_page_puts_both_uncertainties_side_by_side(fake, tmp_path: Path, crossed: bool) -> None:
    study = fake(crossed=crossed)
    page = study.page(tmp_path / "report.html")
    sample, contrasts = study.tables.items.sample, study.tables.contrasts
    assert sample["difference"].to_numpy() == pytest.approx(contrasts["difference"].to_numpy(dtype=float))
    table = page.partition("Uncertainty from the test set</h3>")[2].partition("</table>")[0]
    cells = [re.findall(r"<td>(.*?)</td>", row) for row in table.split("<tr>")[2:]]
    assert len(cells) == len(contrasts) == 3

    def ends(row, low: str, high: str) -> str:
        return f"{100 * row[low]:.2f} to {100 * row[high]:.2f}".replace("-", "\N{MINUS SIGN}")

    for told, (_, row), (_, contrast) in zip(cells, sample.iterrows(), contrasts.iterrows(), strict=True):
        assert told[2:4] == [ends(contrast, "ci_low", "ci_high"), ends(row, "low", "high")]
        assert told[4] == ("–" if crossed else f"{row['mcnemar_p']:.3g} (seed 0)")
    for heading in ("Most confused pairs", "How often items are wrong", "Churn"):
        assert f"<h3>{heading}</h3>" in page


@pytest.mark.parametrize("options", [{"metric": "loss"}, {"everywhere": "failed"}, {"factors": False}])
def test_without_accuracies_to_compare_there_is_no_uncertainty_from_the_test_set(fake, tmp_path, options) -> None:
    assert "Uncertainty from the test set" not in fake(**options).page(tmp_path / "report.html")


def test_with_folds_a_seed_has_several_runs(fake, tmp_path: Path) -> None:
    study = fake()
    for run in study.values["runs"]:
        run["seed"], run["fold"] = divmod(run["seed"], 2)
    study.values["spec"]["seeds"] = [0, 1]
    items = study.tables.items
    assert items.sample.empty
    assert items.wrong["runs"].tolist() == [4, 4, 4, 4, 16]
    guesses = [study.saved["baseline", place].predictions["test_probabilities"].argmax(axis=1) for place in range(4)]
    churn = items.churn.iloc[0]
    assert churn["pairs"] == 4
    between = [guesses[0] != guesses[2], guesses[1] != guesses[3]]  # seed 0 and 1 of fold 0, then of fold 1
    assert churn["seed_churn"] == pytest.approx(np.mean(between))
    assert "Uncertainty from the test set" not in study.page(tmp_path / "report.html")
