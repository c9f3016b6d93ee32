"""What is told of texts, against counts made by hand and a formula written out."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from paribus.data import Dataset, describe, facts, near_duplicates
from paribus.data.text.statistics import describe_texts, log_odds

TRAIN = [
    "good good film",
    "good plot, good",
    "bad film",
    "bad bad bad plot",
    "good good film",
    "",
    "once " * 100 + "x" * 400,
]
TEST = ["good good film", "other", "bad film"]


def toy() -> Dataset:
    y_train, y_test = np.array([1, 1, 0, 0, 1, 0, 0]), np.array([0, 1, 0])
    return Dataset("toy", np.array(TRAIN, object), y_train, np.array(TEST, object), y_test, ("neg", "pos"))


def test_counts_made_by_hand() -> None:
    found = describe(toy())
    assert (found["dtype"], found["item_shape"], found["range"], found["missing"]) == ("text", [], None, 0)
    assert found["duplicates"] == {"train": 1, "test": 0}
    assert (found["overlap"], found["conflicting"]) == (2, 1)
    assert near_duplicates(toy()) is None
    texts = describe_texts(toy())
    assert texts
    assert texts["words"]["train"] == {"shortest": 0, "low": 2.5, "median": 3, "high": 3.5, "longest": 101, "empty": 1}
    assert texts["words"]["test"]["longest"] == 3
    assert (texts["vocabulary"], texts["once"]) == (6, pytest.approx(1 / 6))
    assert json.loads(json.dumps({**found, **texts}, allow_nan=False)) == {**found, **texts}


def test_every_text_falls_into_one_bin() -> None:
    texts = describe_texts(toy())
    assert texts
    lengths = [0, 2, 3, 3, 3, 4, 101]
    for at, part in enumerate(texts["lengths"]):
        last = at == len(texts["lengths"]) - 1
        assert part["train"] == sum(part["from"] <= words and (last or words <= part["to"]) for words in lengths)
    assert sum(part["test"] for part in texts["lengths"]) == 3


def test_scores_are_the_formula() -> None:
    counts = np.array([[4.0, 1, 10], [2, 6, 9], [0, 0, 1]])
    total, words = counts.sum(), counts.sum(axis=0)
    for code in range(3):
        for word in range(3):
            own, own_all = counts[code, word] + words[word], counts[code].sum() + total
            other, other_all = 2 * words[word] - counts[code, word], 2 * total - counts[code].sum()
            odds = math.log(own / (own_all - own)) - math.log(other / (other_all - other))
            assert log_odds(counts, code)[word] == pytest.approx(odds / math.sqrt(1 / own + 1 / other))


def test_telling_words_and_samples() -> None:
    texts = describe_texts(toy())
    assert texts
    assert [word["word"] for word in texts["top"]["pos"]][:2] == ["good", "film"]
    assert {word["word"] for word in texts["top"]["neg"]} == {"once", "bad", "x" * 400}
    assert [sample["row"] for sample in texts["random"]] == list(range(7))
    for sample in [*texts["random"], *texts["classes"]]:
        assert sample["text"].removesuffix(" …") == TRAIN[sample["row"]][:300]
        assert sample["class"] == toy().class_names[toy().y_train[sample["row"]]]
    assert [sample["class"] for sample in texts["classes"]] == ["neg"] * 3 + ["pos"] * 3


def test_facts_of_texts_and_of_numbers() -> None:
    terms = dict(facts({**describe(toy()), "near": None, "texts": describe_texts(toy())}))
    assert terms["items"] == "7 training, 3 test texts"
    assert terms["training texts"] == "0 to 101 words; half of them 2 to 4, median 3; 1 without a word"
    assert terms["vocabulary"] == "6 different words in training, 17 % of them stand there once"
    assert "missing" not in terms
    numbers = Dataset(
        "n", np.zeros((2, 2), np.uint8), np.arange(2), np.zeros((2, 2), np.uint8), np.arange(2), ("a", "b")
    )
    assert describe_texts(numbers) is None


def test_fingerprint_is_over_the_texts(tmp_path: Path) -> None:
    def fingerprint(*texts: str) -> str:
        x = np.array(texts, object)
        return Dataset("toy", x, np.arange(len(x)), x[:1], np.arange(1), ("a", "b")).fingerprint

    assert fingerprint("ab", "c") == fingerprint("ab", "c") != fingerprint("a", "bc")
    assert fingerprint("ab", "c") != fingerprint("ab", "C")
