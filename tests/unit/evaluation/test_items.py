import numpy as np

from paribus.evaluation.items import Answers, churn, how_often_wrong, seed_churn, wrong_items

LABELS = np.array([0, 1, 2, 0])


def test_an_item_is_always_sometimes_or_never_wrong() -> None:
    classes_RB = np.array([[0, 2, 1, 0], [1, 0, 1, 0]])  # item 0 is wrong once, 1 and 2 are always, 3 is never
    assert how_often_wrong(classes_RB, LABELS) == {"always": 2, "sometimes": 1, "never": 1}
    assert how_often_wrong(classes_RB[:1], LABELS) == {"always": 2, "sometimes": 0, "never": 2}


def test_items_are_listed_by_how_many_runs_of_all_variants_are_wrong() -> None:
    one = {(0, None): np.array([0, 2, 1, 0]), (1, None): np.array([1, 0, 1, 0])}
    answers = Answers(np.array([5, 6, 7, 8]), LABELS, {"a": one, "b": {(0, None): np.array([0, 2, 2, 0])}, "c": {}})
    assert {name: column.tolist() for name, column in wrong_items(answers, 3).items()} == {
        "item": [6, 7, 5], "true": [1, 2, 0], "taken_for": [2, 1, 1], "wrong": [3, 2, 1], "runs": [3, 3, 3],
    }  # fmt: skip
    assert answers.of("a").tolist() == [[0, 2, 1, 0], [1, 0, 1, 0]]
    assert answers.of("c").shape == (0, 4)


def test_churn_is_between_runs_of_one_place() -> None:
    level = {(0, None): np.array([0, 1, 2, 0]), (2, None): np.zeros(4, int), (3, None): np.ones(4, int)}
    reference = {(0, None): np.array([0, 1, 1, 0]), (1, None): np.zeros(4, int), (3, None): np.array([1, 0, 0, 0])}
    assert churn(level, reference) == [0.25, 0.75]


def test_seed_churn_is_between_two_seeds_of_one_fold() -> None:
    runs = {
        (0, 0): np.array([0, 0, 0, 0]), (0, 1): np.array([1, 1, 1, 1]),
        (1, 0): np.array([0, 0, 0, 2]), (1, 1): np.array([1, 1, 2, 2]),
    }  # fmt: skip
    assert seed_churn(runs) == [0.25, 0.5]
    assert seed_churn({(0, None): LABELS}) == []
    assert seed_churn({}) == []
