"""`data` as a list: one ordinary study each, and a letter for every mistake in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paribus.errors import SpecError
from paribus.planning import plan_study
from paribus.spec import StudySpec
from paribus.spec.files import overridden, parse_yaml, to_yaml

Make = Callable[..., StudySpec]
DEPTH = {"depth": {"vary": "model.depth", "levels": [1, 2]}}
COUNTS = {"source": "imdb", "name": "imdb-counts", "text": {"kind": "counts"}}


def own() -> dict[str, Any]:
    return {}


def test_each_data_set_is_an_ordinary_study(make_study: Make) -> None:
    study = make_study(data=["sign_mnist", COUNTS], factors=DEPTH, seeds=2)
    alone = [make_study(data={"source": "sign_mnist"}, factors=DEPTH, seeds=2),
             make_study(data={"source": "imdb", "text": {"kind": "counts"}}, factors=DEPTH, seeds=2)]  # fmt: skip
    assert [part.name for part in study.parts()] == ["a.sign_mnist", "a.imdb-counts"]
    for part, twin in zip(study.parts(), alone, strict=True):
        assert part.model_dump() == {**twin.model_dump(), "name": part.name}
        assert plan_study(part, "f").cohorts == plan_study(twin, "f").cohorts
        assert StudySpec.model_validate(parse_yaml(to_yaml(part.model_dump(mode="json")))) == part
        assert twin.parts() == [twin]


def test_the_list_has_a_yaml_twin(make_study: Make) -> None:
    study = make_study(data=["digits", COUNTS, {"source": own}])
    assert StudySpec.model_validate(parse_yaml(to_yaml(study.model_dump(mode="json")))).parts() is not None
    assert [data["source"] for data in study.model_dump(mode="json")["data"]] == ["digits", "imdb", f"{__name__}:own"]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("digits", "digits"),
        ("../tables/my data.v2.csv", "my-data-v2"),
        ("images/", "images"),
        ("mine.loads:wine", "mine-loads-wine"),
        (own, "test_data_lists-own"),
        ("数据.csv", "data"),
    ],
)
def test_a_name_is_made_from_the_source(make_study: Make, source: Any, name: str) -> None:
    assert [part.name for part in make_study(data=[{"source": source}]).parts()] == [f"a.{name}"]
    assert [part.name for part in make_study(data=[source]).parts()] == [f"a.{name}"]


@pytest.mark.parametrize(
    ("values", "letter"),
    [
        ({"data": []}, "data: must be a mapping, or a list of at least one data set, found []."),
        ({"data": ["digits", 7]}, "data[1]: must be a mapping, found 7."),
        ({"data": ["digits", {"source": 3}]}, "data[1].source: must be a registered name, a file or module:function"),
        ({"data": ["digits", {}]}, "data[1].source: is missing."),
        ({"data": ["digits", {"source": "x", "fraction": 2}]}, "data[1].fraction: must be less than or equal to 1"),
        ({"data": [{"source": "x", "scal": "unit"}]}, "data[0].scal: is unknown here. Did you mean 'scale'?"),
        ({"data": [{"source": "x", "name": "a.b"}]}, "data[0].name: must be letters, digits, '-' and '_'"),
        ({"data": ["x", "x"]}, "data[1].name: must differ from the others, found 'x' again. Add a `name`."),
        ({"data": {"source": "x", "name": "y"}}, "data.name: is unknown here."),
        ({"data": ["x"], "name": "a.b"}, "name: the dot is for parts of a study over several data sets, found 'a.b'."),
        ({"name": "a.b.c"}, "name: must be letters, digits, '-' and '_'"),
        ({"data": ["x", "y"], "factors": {"d": {"vary": "model.dept", "levels": [1, 2]}}},
         "factors.d.levels[0]: model.dept: is unknown here. Did you mean 'depth'?"),
        ({"data": ["x", COUNTS], "factors": {"s": {"vary": "data.scale", "levels": ["unit", "none"]}}},
         "a.imdb-counts: factors.s.levels[0]: data.scale: must be none or l2-rows for texts, found 'unit'"),
    ],
)  # fmt: skip
def test_a_mistake_gets_one_letter(make_study: Make, values: dict[str, Any], letter: str) -> None:
    with pytest.raises(SpecError) as caught:
        make_study(**values)
    assert str(caught.value).startswith(letter)
    assert "\n" not in str(caught.value)


def test_a_setting_below_data_is_for_every_data_set(tmp_path: Path) -> None:
    values = {"name": "a", "data": ["digits", {"source": "x", "fraction": 0.5}], "seeds": 1}
    changed = overridden(values, ["data.fraction=0.1", "data.text.kind=tfidf", "seeds=2"])
    text = {"kind": "tfidf"}
    assert changed["data"] == [
        {"source": "digits", "fraction": 0.1, "text": text},
        {"source": "x", "fraction": 0.1, "text": text},
    ]
    assert changed["seeds"] == 2
    assert overridden(values, ["data=[mnist]"])["data"] == ["mnist"]
