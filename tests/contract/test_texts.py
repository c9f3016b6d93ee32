"""Texts in a cohort: sparse products equal dense ones, runs equal themselves alone and when they are loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.sparse import random as random_matrix

from paribus import DataError, Study
from paribus.data.loading import load
from paribus.data.prepared import prepare
from paribus.data.text.tokens import write_tokens
from paribus.execution.worker import prepare_torch
from paribus.models.layers import Dense, SparseRows
from paribus.models.layers.tape import Stack
from paribus.results.result import Result
from paribus.store import RunRecord
from paribus.training.cohort import train_cohort
from paribus.training.job import Job, RunTask

WORDS = ["good", "bad", "plot", "film", "actor", "end", "scene", "music"]
LEVELS: dict[str, dict[str, Any]] = {
    "mlp": {},
    "linear": {"model": {"kind": "linear"}},
    "a list of layers": {"model": {"kind": "sequential", "layers": [{"dense": 7}, "layer_norm", "relu"]}},
    "a list without a dense layer first": {"model": {"kind": "sequential", "layers": [{"dropout": 0.1}, {"dense": 7}]}},
    "bigram counts": {"data.text": {"kind": "counts", "ngrams": 2, "max_features": 40}},
    "unit rows": {"data.text.kind": "counts", "data.scale": "l2-rows"},
    "l2, keras": {"l2": 0.01, "optimizer": {"kind": "adam", "conventions": "keras"}},
    "sigmoid": {"output": "sigmoid", "keep": "best", "monitor": "f1_macro"},
    "folds": {"data.validation": {"folds": 2}},
}


def documents() -> dict[str, Any]:
    rng = np.random.default_rng(1)
    labels = np.arange(120) % 2
    texts = [" ".join(rng.permutation(WORDS[2:])[:4]) + f" {WORDS[label]}" for label in labels]
    return {"x": np.array(texts, object), "y": labels, "class_names": ["up", "down"]}


def study() -> Study:
    return Study(
        name="texts",
        data={"source": documents, "text": {"kind": "tfidf", "max_features": 12}},
        baseline={
            "model": {"kind": "mlp", "width": 8},
            "epochs": 3,
            "batch_size": 16,
            "optimizer": {"kind": "adam", "lr": 0.02},
        },
        factors={"level": {"levels": LEVELS}},
        seeds=2,
    )


@pytest.mark.parametrize("width", [1, 5, 23, 212])
def test_products_of_sparse_rows_equal_the_dense_ones(width: int) -> None:
    prepare_torch()
    matrices = [random_matrix(9, 30, 0.2, format="csr", dtype=np.float32, random_state=seed) for seed in (0, 1)]
    entries = [(x.indices, x.data, x.indptr[1:].astype(np.int64)) for x in matrices]
    rows = SparseRows.of_runs(entries, 30)
    features = [matrix.tocsc() for matrix in matrices]
    by_feature = SparseRows.of_runs([(x.indices, x.data, x.indptr[1:].astype(np.int64)) for x in features], 9)
    turned = SparseRows(by_feature.entries, rows.shape, transposed=True)
    assert torch.equal(turned.dense(), rows.dense())
    rest_MF = np.random.default_rng(0).normal(size=(2, 30)).astype(np.float32)
    shifted = SparseRows(by_feature.entries, rows.shape, True, rest_MF)
    for x in (rows, turned, shifted):
        check_products(x, width)


def check_products(x_MBF: SparseRows, width: int) -> None:
    """A layer's, against those of the dense rows."""
    gradients = []
    for x in (x_MBF.dense(), x_MBF):
        layer = Dense(2, 30, width).requires_grad_(False)
        layer.weight.copy_(torch.randn(2, 30, width, generator=torch.Generator().manual_seed(0)))
        layer.bias.fill_(0.5)
        for parameter in layer.parameters():
            parameter.grad = torch.full_like(parameter, 7.0)
        y, back = Stack([layer]).vjp(x, needs_input_grad=False)
        back(torch.arange(float(width)).expand(y.shape))
        gradients.append((y, layer(x), layer.weight.grad, layer.bias.grad))
    for theirs, ours in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5 * float(theirs.abs().max()))


@pytest.mark.parametrize("name", [name for name in LEVELS if name != "folds"])
def test_a_cohort_of_texts_equals_its_runs_alone(name: str, tmp_path: Path) -> None:
    prepare_torch()
    asked = study()
    recipe = asked.recipe(LEVELS[name])
    folder, _ = prepare(load(asked.data, tmp_path), tmp_path)
    write_tokens(folder, recipe.data.text)

    def train(seeds: list[int]) -> list[RunRecord]:
        runs = tuple(RunTask(str(seed), seed, recipe.model_dump(mode="json")) for seed in seeds)
        return train_cohort(Job(runs, folder, 2, ()))

    for seed, together in enumerate(train([0, 1, 2])):
        (alone,) = train([seed])
        assert together.metrics == alone.metrics
        for kind in ("weights", "history", "predictions"):
            for key, value in getattr(together, kind).items():
                np.testing.assert_array_equal(value, getattr(alone, kind)[key], err_msg=f"{kind} {key}")


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return study().run(tmp_path_factory.mktemp("home"), quiet=True)


def test_the_report_shows_the_texts_that_are_mistaken(tmp_path: Path) -> None:
    untaught = {**study().model_dump(mode="json"), "factors": {}, "seeds": 1}
    untaught["baseline"] |= {"epochs": 1, "optimizer": {"kind": "adam", "lr": 1e-6}}
    result = Study(**{**untaught, "data": study().data}).run(tmp_path, quiet=True)
    result.probe()
    assert "features" in result.figures  # of test texts, which lie in the home
    page = result.report().read_text()
    texts = load(study().data, tmp_path).x_test
    wrong = result.tables.mistakes["item"].tolist()
    assert wrong
    assert all(texts[item] in page for item in wrong[:3])


def test_the_planted_word_is_learned(result: Result) -> None:
    assert {run["status"] for run in result.summary["runs"]} == {"finished"}
    assert result.variants.set_index("variant")["mean"]["baseline"] > 0.9


@pytest.mark.parametrize("level", LEVELS)
def test_loaded_predictions_are_those_stored(level: str, result: Result, tmp_path: Path) -> None:
    texts = load(study().data, tmp_path).x_test
    variant = "baseline" if level == "mlp" else f"level={level}"
    run = next(run for run in result.summary["runs"] if run["variant"] == variant)
    trained = result.load(variant, run["seed"])
    stored = result._store.predictions(run["key"])["test_probabilities"]
    np.testing.assert_array_equal(trained.predict_proba(list(texts)), stored)
    assert set(trained.predict(["a good film", "a bad film"])) <= {"up", "down"}
    assert trained.predict([]) == []


def test_other_items_are_refused(result: Result) -> None:
    with pytest.raises(DataError, match=r"Items must be a list of texts, found ndarray"):
        result.load("baseline").predict_proba(np.zeros((2, 12)))


def reversals() -> dict[str, Any]:
    """The same words in both classes, so that only pairs of them tell one from the other."""
    rng = np.random.default_rng(1)
    labels = np.arange(120) % 2
    ends = ["not good but bad", "not bad but good"]
    texts = [" ".join([*rng.permutation(WORDS[2:])[:2], ends[label]]) for label in labels]
    return {"x": np.array(texts, object), "y": labels, "class_names": ["down", "up"]}


def test_a_search_counts_the_terms_of_each_trial(tmp_path: Path) -> None:
    asked = Study(
        name="searched",
        data={"source": reversals, "text": {"kind": "counts"}},
        baseline={
            "model": {"kind": "linear"},
            "optimizer": {"kind": "adam", "lr": 0.05},
            "epochs": 10,
            "batch_size": 8,
        },
        factors={"recipe": {"levels": {"default": {}, "tuned": {"tuned": True}}}},
        tune={"space": {"data.text.ngrams": [1, 2]}, "algorithm": "grid"},
        seeds=2,
    )
    result = asked.run(tmp_path, quiet=True)
    assert result.summary["search"]["winner"] == {"data.text.ngrams": 2}
    default, tuned = result.variants["mean"]
    assert default < 0.7
    assert tuned > 0.9
