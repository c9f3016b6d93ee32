"""What is found in a network, against NumPy, scikit-learn and what was put in."""

import sys

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from paribus.data import Dataset
from paribus.probing.embedding import embed
from paribus.probing.probe import balanced_rows, probe
from paribus.probing.weights import weight_distributions

RNG = np.random.default_rng(0)


def clusters(rows: int, features: int = 8) -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(rows) % 3
    return (RNG.normal(size=(rows, features)) + 9 * np.eye(3, features)[labels]).astype(np.float32), labels


def test_weights_of_kernels_only() -> None:
    kernel = RNG.normal(size=(5, 3, 2, 2)).astype(np.float32)
    weights = {"features.conv_0.weight": kernel, "features.conv_0.bias": np.ones(5), "scaling.shift": np.ones(1)}
    found = weight_distributions(
        weights | {f"features.{kind}_norm_0.weight": np.ones((1, 5)) for kind in ("batch", "group", "my_own")}
    )
    assert found["layers"].tolist() == ["conv_0"]
    assert found["layer_counts"].sum() == found["layer_sizes"][0] == kernel.size
    moments = found["layer_means"][0], found["layer_deviations"][0]
    assert moments == pytest.approx((kernel.mean(), kernel.std()), abs=1e-6)
    assert (found["layer_edges"][0, 0], found["layer_edges"][0, -1]) == (kernel.min(), kernel.max())


def test_rows_are_balanced_as_far_as_the_classes_reach() -> None:
    labels = np.repeat([0, 1, 2], [5000, 400, 3000])
    rows = balanced_rows(labels)
    assert np.bincount(labels[rows]).tolist() == [800, 400, 800]
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(rows, balanced_rows(labels))
    np.testing.assert_array_equal(balanced_rows(labels[:1999]), np.arange(1999))


def test_a_map_keeps_clusters_apart_and_is_the_same_every_time() -> None:
    features, labels = clusters(240)
    places = embed(features)
    assert places.shape == (240, 2)
    near = KNeighborsClassifier(5).fit(places[::2], labels[::2])
    assert near.score(places[1::2], labels[1::2]) > 0.98
    np.testing.assert_array_equal(embed(features), places)


@pytest.mark.parametrize("shape", [(4, 3), (30, 1), (12, 40)])
def test_few_rows_and_features_have_a_map_too(shape: tuple[int, int]) -> None:
    assert np.isfinite(embed(RNG.normal(size=shape).astype(np.float32))).all()


def test_rows_that_are_all_alike_have_none() -> None:
    assert embed(np.ones((50, 4), np.float32)) is None


def test_nothing_is_done_twice_and_a_missing_library_only_costs_the_map(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = clusters(60)
    data = Dataset("toy", x, y, x, y, ("a", "b", "c"))
    calls: list[str] = []

    def weights_of() -> dict[str, np.ndarray]:
        calls.append("weights")
        return {"head.weight": x}

    def features_of(items: np.ndarray) -> np.ndarray:
        calls.append("features")
        return items * 2

    unseen = probe({}, weights_of, features_of, None)
    assert "features" not in unseen
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "openTSNE", None)
        partly = probe(unseen, weights_of, features_of, data)
    assert "embedding" not in partly
    np.testing.assert_array_equal(partly["features"], 2 * x)
    np.testing.assert_array_equal(partly["labels"], y[partly["items"]])
    whole = probe(partly, weights_of, features_of, data)
    assert whole["embedding"].shape == (60, 2)
    assert calls == ["weights", "features"]
    assert probe(whole, weights_of, features_of, data).keys() == whole.keys()
