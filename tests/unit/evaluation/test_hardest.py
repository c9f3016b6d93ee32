import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, recall_score

from paribus.evaluation.hardest import confused_pairs, hardest_classes, mistaken_items

NAMES = ["a", "b", "c", "d"]


def test_recalls_and_intervals_are_those_of_other_libraries() -> None:
    rng = np.random.default_rng(4)
    true = rng.integers(4, size=300)
    guess = np.where(rng.random(300) < 0.7, true, rng.integers(4, size=300))
    counts_CC = confusion_matrix(true, guess)
    rows = hardest_classes([counts_CC], NAMES, counts_CC.sum(axis=1).tolist())
    recalls = dict(zip(NAMES, recall_score(true, guess, average=None), strict=True))
    assert [row["class"] for row in rows] == sorted(NAMES, key=recalls.__getitem__)
    for row in rows:
        code = NAMES.index(row["class"])
        interval = binomtest(counts_CC[code, code], row["support"]).proportion_ci(0.95, "wilson")
        assert row["recall"] == pytest.approx(recalls[row["class"]])
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((interval.low, interval.high))
        missed = {name: n for name, n in zip(NAMES, counts_CC[code], strict=True) if name != row["class"]}
        assert row["taken_for"] == max(missed, key=missed.__getitem__)
        assert row["taken_share"] == pytest.approx(max(missed.values()) / row["support"])


@pytest.mark.parametrize("folds", [1, 5])
def test_seeds_are_averaged_and_neither_they_nor_folds_make_the_test_set_larger(folds: int) -> None:
    one, two = folds * np.array([[8, 2], [0, 10]]), folds * np.array([[6, 4], [0, 10]])
    (worst,) = hardest_classes([one, two], ["a", "b"], [10, 10], most=1)
    interval = binomtest(7, 10).proportion_ci(0.95, "wilson")
    assert (worst["class"], worst["recall"], worst["support"], worst["taken_share"]) == ("a", 0.7, 10, 0.3)
    assert (worst["ci_low"], worst["ci_high"]) == pytest.approx((interval.low, interval.high))


def test_a_class_without_rows_is_left_out_and_one_without_mistakes_is_taken_for_none() -> None:
    rows = hardest_classes([np.array([[3, 1, 0], [0, 5, 0], [0, 0, 0]])], ["a", "b", "c"], [4, 5, 0])
    assert [(row["class"], row["taken_for"]) for row in rows] == [("a", "b"), ("b", "")]


def test_mistakes_are_those_of_the_mean_over_an_items_runs() -> None:
    p_BC = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.8, 0.2], [0.3, 0.7], [0.1, 0.9]])
    items, labels = np.array([7, 9, 4, 9, 7, 4]), np.array([1, 0, 1, 0, 1, 1])
    # item 4: (0.35, 0.65), right; item 7: (0.6, 0.4), wrong, by one run of two; item 9: (0.5, 0.5), right
    found = mistaken_items(p_BC, labels, items)
    assert {name: column.tolist() for name, column in found.items()} == {
        "item": [7], "true": [1], "predicted": [0], "confidence": [pytest.approx(0.6)], "wrong": [1], "runs": [2],
    }  # fmt: skip


def test_the_surest_mistake_comes_first() -> None:
    p_BC = np.array([[0.7, 0.3], [0.1, 0.9], [0.95, 0.05]])
    found = mistaken_items(p_BC, np.array([1, 1, 1]), np.array([0, 1, 2]))
    assert found["item"].tolist() == [2, 0]


def test_the_most_confused_pairs_come_first_with_each_seeds_share() -> None:
    one, two = np.array([[6, 4, 0], [1, 9, 0], [0, 0, 0]]), np.array([[8, 1, 1], [5, 5, 0], [0, 0, 0]])
    found = [(true, taken, share_S.tolist(), count) for true, taken, share_S, count in confused_pairs([one, two])]
    assert found == [(1, 0, [0.1, 0.5], 6), (0, 1, [0.4, 0.1], 5), (0, 2, [0.0, 0.1], 1)]
    assert [pair[:2] for pair in confused_pairs([one, two], most=1)] == [(1, 0)]
    assert confused_pairs([np.diag([3, 4])]) == []
