"""How a change reaches into a recipe."""

from __future__ import annotations

from copy import deepcopy
from itertools import permutations
from typing import Any

import pytest

from paribus import SpecError
from paribus.spec.patch import flat, patched

BASE = {"epochs": 3, "optimizer": {"kind": "adam", "lr": 0.1, "l2": 0.2}, "deep": {"a": {"b": {"c": 1, "d": 2}}}}


@pytest.mark.parametrize(
    ("patch", "place", "found"),
    [
        ({"epochs": 5}, "epochs", 5),
        ({"optimizer.lr": 0.5}, "optimizer", {"kind": "adam", "lr": 0.5, "l2": 0.2}),
        ({"optimizer": {"lr": 0.5}}, "optimizer", {"kind": "adam", "lr": 0.5, "l2": 0.2}),
        ({"optimizer": {"kind": "adam", "lr": 0.5}}, "optimizer", {"kind": "adam", "lr": 0.5, "l2": 0.2}),
        ({"optimizer": {"kind": "sgd", "momentum": 0.9}}, "optimizer", {"kind": "sgd", "momentum": 0.9}),
        ({"optimizer.kind": "sgd"}, "optimizer", {"kind": "sgd"}),
        ({"deep.a.b.c": 9}, "deep", {"a": {"b": {"c": 9, "d": 2}}}),
        ({"deep.a": {"b.c": 9}}, "deep", {"a": {"b": {"c": 9, "d": 2}}}),
        ({"deep.a": [1]}, "deep", {"a": [1]}),
        ({"new.place": 1}, "new", {"place": 1}),
        ({"epochs.more": 1}, "epochs", {"more": 1}),
        ({"optimizer": None}, "optimizer", None),
    ],
)
def test_one_change(patch: dict[str, Any], place: str, found: Any) -> None:
    before = deepcopy((BASE, patch))
    assert patched(BASE, patch) == {**BASE, place: found}
    assert (BASE, patch) == before


def test_what_comes_out_shares_no_changed_mapping() -> None:
    base, patch = deepcopy(BASE), {"fresh": {"a": 1}, "optimizer.lr": 0.5}
    result = patched(base, patch)
    result["optimizer"]["lr"] = 7
    result["fresh"]["a"] = 7
    assert base == BASE
    assert patch == {"fresh": {"a": 1}, "optimizer.lr": 0.5}


@pytest.mark.parametrize("rest", [{"optimizer.kind": "sgd"}, {"optimizer": {"kind": "sgd"}}])
def test_the_order_of_the_keys_does_not_matter(rest: dict[str, Any]) -> None:
    items = [*rest.items(), ("optimizer.lr", 0.5), ("epochs", 4)]
    for order in permutations(items):
        assert patched(BASE, dict(order)) == {**BASE, "epochs": 4, "optimizer": {"kind": "sgd", "lr": 0.5}}


LISTED: dict[str, Any] = {
    "layers": [{"dense": 3, "name": "a"}, "relu", {"block": {"inner": [{"dense": 4}]}}],
    "sizes": [1, 2],
}


@pytest.mark.parametrize(
    ("patch", "layers"),
    [
        ({"layers[0].dense": 5}, [{"dense": 5, "name": "a"}, *LISTED["layers"][1:]]),
        ({"layers[a].dense.units": 5}, [{"dense": {"units": 5}, "name": "a"}, *LISTED["layers"][1:]]),
        ({"layers.a": {"dropout": 5}}, [{"dropout": 5, "name": "a"}, *LISTED["layers"][1:]]),
        ({"layers": {"0": "tanh"}}, ["tanh", *LISTED["layers"][1:]]),
        ({"layers[1].leaky.slope": 5}, [LISTED["layers"][0], {"leaky": {"slope": 5}}, LISTED["layers"][2]]),
        ({"layers[2].block.inner[0].dense": 5}, [*LISTED["layers"][:2], {"block": {"inner": [{"dense": 5}]}}]),
        ({"layers[0].dense": 5, "layers": ["x", "y"]}, [{"dense": 5}, "y"]),
        ({"layers": []}, []),
    ],
)
def test_items_of_lists(patch: dict[str, Any], layers: list[Any]) -> None:
    before = deepcopy(LISTED)
    assert patched(LISTED, patch) == {**LISTED, "layers": layers}
    assert patched(LISTED, flat(patch)) == {**LISTED, "layers": layers}
    assert before == LISTED


def test_other_lists_are_replaced_unless_a_place_is_named() -> None:
    assert patched(LISTED, {"sizes[1]": 7})["sizes"] == [1, 7]
    assert patched(LISTED, {"sizes": {"low": 7}})["sizes"] == {"low": 7}
    assert patched(LISTED, {"layers": {"dense": 7}})["layers"] == {"dense": 7}
    assert patched({"data": [{"source": "a"}, "b"]}, {"data": {"source": "c"}}) == {"data": {"source": "c"}}


@pytest.mark.parametrize(("path", "known"), [("layers[3].dense", "0 to 2, a"), ("layers[b]", "Known: 0 to 2, a")])
def test_items_that_are_not_there(path: str, known: str) -> None:
    with pytest.raises(SpecError, match=f"layers has no item .*{known}"):
        patched(LISTED, {path: 1})
