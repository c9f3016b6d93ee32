"""What a study will test as JSON values, their hash, and the changes between two of them. All of it is pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, cast

from paribus.comparison.judging import Question, judge_contrasts
from paribus.comparison.verdicts import ALPHA, FAMILY
from paribus.comparison.winning import LEAST
from paribus.comparison.words import hypothesis
from paribus.metric import metric_name, metric_of
from paribus.metric.own import code_of
from paribus.planning import ENGINE, Plan, plan_study
from paribus.planning.plan import canonical
from paribus.spec import Recipe, StudySpec
from paribus.spec.parts import find_part
from paribus.user_code import code_hash

_SIGN_FLIP = "sign-flip p, exact up to 14 pairs, corrected by Holm within the family"

TUNED = "tuned"
"""In place of a value that a search chooses."""

_COMPARED = (
    "name",
    "question",
    "metric",
    "margin",
    "alpha",
    "tests",
    "seeds",
    "family",
    "rule",
    "design",
    "search",
    "engine",
)
"""Keys of the document that follow from nothing else in it."""


def document(study: StudySpec, fingerprints: Sequence[str], already_stored: int) -> dict[str, Any]:
    """What the study will test, as JSON values; neither the home nor what a search found changes it.

    Args:
        study: the checked study file.
        fingerprints: of its data sets, in their order.
        already_stored: runs of it that were stored when it was written down.

    Returns:
        The document without `time` and `hash`.
    """
    spec = study.model_dump(mode="json")
    values = {
        "name": study.name,
        "question": study.question,
        "already_stored": already_stored,
        "metric": _metric(study.metric),
        "margin": study.margin,
        "alpha": ALPHA,
        "tests": _tests(study),
        "seeds": spec["seeds"],
        "family": spec["family"],
        "rule": spec["rule"],
        "design": spec["design"],
        "search": spec["tune"],
        "engine": ENGINE,
        "data": [_on(part, data) for part, data in zip(study.parts(), fingerprints, strict=True)],
    }
    return json.loads(json.dumps(values))


def content_hash(values: Mapping[str, Any]) -> str:
    """sha256 of the canonical JSON of all but `time` and `hash`: the order of keys does not matter."""
    content = {key: value for key, value in values.items() if key not in ("time", "hash")}
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def changes(frozen: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Names of what differs, such as `seeds`, `margin`, `factors`, `recipes` and `data`; empty if nothing does.

    Args:
        frozen: a document that was written down.
        now: that of the study today. How many runs are stored is no difference.
    """
    changed = [key for key in _COMPARED if frozen.get(key) != now.get(key)]
    parts = frozen.get("data", []), now["data"]
    pairs = list(zip(*parts, strict=False))
    data, data_now = ([part.get("fingerprint") for part in each] for each in parts)
    named = {
        "data": data != data_now,
        "factors": any(one.get("factors") != other["factors"] for one, other in pairs),
        "recipes": any(_other_recipes(one, other) for one, other in pairs),
    }
    return changed + [name for name, differs in named.items() if differs]


def _metric(metric: str) -> str:
    """In words; a user's own with the hash of its code."""
    own = f" ({metric}, sha256 of its code {code})" if (code := code_of(metric)) else ""
    return f"{metric_name(f'test_{metric}')}{own}"


def _tests(study: StudySpec) -> dict[str, str]:
    """How verdicts come about. A plan that was frozen with other words here was frozen with other tests."""
    if study.rule == "wins":
        return {
            "decides": "share of seeds won: its bootstrap interval lies beyond one half and reaches beyond 0.75, from "
            f"{LEAST} seeds on; not corrected for the family",
            "equivalent": "that interval lies between 0.25 and 0.75",
            "beside": _SIGN_FLIP,
        }
    looks = f", by Pocock for looks at {', '.join(map(str, study.looks))} seeds" if len(study.looks) > 1 else ""
    return {
        "decides": f"two-sided paired t interval over seeds, at the level of Holm's step-down within the family{looks}",
        "equivalent": "that interval lies inside the margin",
        "beside": _SIGN_FLIP,
    }


def _other_recipes(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether variants have other recipes; where factors differ, only what both have is compared."""
    a, b = one.get("recipes", {}), other["recipes"]
    names = {*a, *b} if one.get("factors") == other["factors"] else a.keys() & b.keys()
    return any(a.get(name) != b.get(name) for name in names)


def _on(study: StudySpec, fingerprint: str) -> dict[str, Any]:
    """The tests on one data set."""
    corners = study.tune.corners() if study.tune else []
    ways = [study.with_tuned(corner) for corner in corners] or [study]
    plans = [plan_study(way, fingerprint) for way in ways]
    plan = max(plans, key=lambda plan: len(plan.variants))  # a corner may happen to be another level
    return {
        "study": study.name,
        "source": study.model_dump(mode="json")["data"]["source"],
        "fingerprint": fingerprint,
        "runs": len(plan.keys),
        "hypotheses": _hypotheses(plan),
        "factors": _factors(plan),
        "recipes": _recipes(plan, plans),
    }


def _hypotheses(plan: Plan) -> dict[str, list[str]]:
    """One sentence per contrast that the study will report, by the family in which its verdict is corrected."""
    study = plan.study
    question = Question(
        metric=f"test_{study.metric}",
        margin=study.margin,
        higher_is_better=metric_of(study.metric).higher_is_better,
        looks=study.looks,
        family=study.family,
        rule=study.rule,
    )
    nothing = {name: [None] * study.looks[0] for name in plan.variants}
    families: dict[str, list[str]] = {}
    for contrast in judge_contrasts(question, plan.levels, nothing):
        of = contrast.factor if contrast.kind == "effect" else "the study"
        family = f"{FAMILY[contrast.kind]} of {of}" if plan.study.family == "factor" else "all of the study"
        families.setdefault(family, []).append(hypothesis(contrast))
    return families


def _factors(plan: Plan) -> dict[str, dict[str, Any]]:
    factors: dict[str, dict[str, Any]] = {}
    for level in plan.levels:
        if level.factor is not None:
            factor = factors.setdefault(level.factor, {"reference": None, "levels": []})
            factor["levels"].append(level.label)
            factor["reference"] = level.label if level.is_reference else factor["reference"]
    return factors


def _recipes(plan: Plan, plans: Sequence[Plan]) -> dict[str, Any]:
    """Recipe by variant of `plan`; where plans differ, a search finds the value."""
    recipes: dict[str, Any] = {}
    for levels in zip(plan.levels, *(way.levels for way in plans), strict=True):
        for name, *others in zip(*(level.variants for level in levels), strict=True):
            recipes[name] = reduce(_open, (_recipe(w.variants[other]) for w, other in zip(plans, others, strict=True)))
    return recipes


def _recipe(recipe: Recipe) -> dict[str, Any]:
    """The recipe as JSON values, with the hash of the code of a user's own model."""
    own = find_part("model", recipe.model.kind).own
    return {**recipe.model_dump(mode="json"), **({"code": code_hash(own)} if own else {})}


def _open(one: Any, other: Any) -> Any:
    """What both have in common, with TUNED where they differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        a, b = cast(dict[str, Any], one), cast(dict[str, Any], other)
        return {key: _open(a.get(key), b.get(key)) for key in {**a, **b}}
    return cast(Any, one) if one == other else TUNED
