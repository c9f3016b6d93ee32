"""A first look at a study: rows, epochs and seeds are cut down, all else stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from paribus.spec import StudySpec
from paribus.spec.factor import Factor
from paribus.spec.patch import flat, together
from paribus.spec.tune import Range, Tune

ROWS, EACH, SEEDS = 2_000, 10, 2
"""Training rows, the least rows of a class, and seeds of a quick look."""

_MOST = {"epochs": 2, "warmup_epochs": 1}
"""Largest values in a quick look; the warm-up stays shorter than the epochs."""


def quick_look(study: StudySpec, counts: Sequence[Sequence[int]]) -> dict[str, Any]:
    """The fields of the study NAME-quick: about 2,000 training rows, at most 2 epochs, 2 seeds.

    All fractions of the data shrink by one factor, so levels of them stay different. Of levels that become alike one is
    left, the reference if it is among them; a factor of which one level is left is left out.

    Args:
        study: a checked study.
        counts: of each of its data sets, the training rows of each class.
    """
    fields: dict[str, Any] = {name: getattr(study, name) for name in type(study).model_fields}
    listed = isinstance(fields["data"], list | tuple)
    entries: list[Any] = list(fields["data"]) if listed else [fields["data"]]
    one = study.model_copy(update={"data": entries[0]})  # levels are alike on all data sets or on none
    fractions = _fractions(study)
    scales = [_scale([entry.fraction, *fractions], rows) for entry, rows in zip(entries, counts, strict=True)]
    cut = [
        entry.model_copy(update={"fraction": _share(scale * entry.fraction)})
        for entry, scale in zip(entries, scales, strict=True)
    ]
    fields |= {
        "name": f"{study.name}-quick",
        "quick_look": True,
        "data": cut if listed else cut[0],
        "baseline": study.baseline.model_copy(
            update={name: min(getattr(study.baseline, name), most) for name, most in _MOST.items()}
        ),
        "seeds": study.all_seeds[:SEEDS],
        "factors": {name: _cut_factor(one, name, max(scales)) for name in study.factors},
    }
    if fields.get("tune"):
        fields["tune"] = _cut_search(fields["tune"])
    return fields | _without_twins(one.model_copy(update={**fields, "data": cut[0]}))


def _fractions(study: StudySpec) -> list[float]:
    """The shares of the data that factors set."""
    patches = [patch for factor in study.factors.values() for patch in (factor.given, *factor.changes().values())]
    return [flat(patch)["data.fraction"] for patch in patches if "data.fraction" in flat(patch)]


def _scale(fractions: Sequence[float], counts: Sequence[int]) -> float:
    """What to multiply the fractions with, so that the largest gives `ROWS` and the smallest `EACH` rows per class."""
    rarest = min(count for count in counts if count)
    return min(1.0, max(ROWS / (sum(counts) * max(fractions)), EACH / (rarest * min(fractions))))


def _share(fraction: float) -> float:
    return float(f"{fraction:.3g}")


def _cut(patch: Mapping[str, Any], scale: float, above: str = "") -> dict[str, Any]:
    """Changes to the recipe, with large values cut down."""
    result: dict[str, Any] = {}
    for key, value in patch.items():
        path = f"{above}{key}"
        if isinstance(value, Mapping):
            result[key] = _cut(cast(Mapping[str, Any], value), scale, f"{path}.")
        elif path == "data.fraction":
            result[key] = _share(scale * value)
        else:
            result[key] = min(value, _MOST[path]) if path in _MOST else value
    return result


def _cut_factor(study: StudySpec, name: str, scale: float) -> Factor:
    factor, levels = study.factors[name], study.factors[name].levels
    settled = study.with_tuned(study.tune.corners()[0]) if study.tune else study
    place = list(factor.changes()).index(settled.reference(name))
    if isinstance(levels, dict):
        cut: Any = {label: _cut(change, scale) for label, change in levels.items()}
    else:
        cut = [_cut({str(factor.vary): value}, scale)[str(factor.vary)] for value in levels]
    changes = {"given": _cut(factor.given, scale), "levels": cut, "reference": list(cut)[place]}
    return factor.model_copy(update=changes)


def _cut_search(tune: Tune) -> Tune:
    """The search with few epochs; warm-ups shrink with them, so that those to choose from stay different."""
    epochs = min(tune.max_epochs, _MOST["epochs"])
    share, space = epochs / tune.max_epochs, dict(tune.space)
    if isinstance(warm_up := space.get("warmup_epochs", ()), Range):
        space["warmup_epochs"] = Range(low=share * warm_up.low, high=share * warm_up.high, log=warm_up.log)
    elif warm_up:
        space["warmup_epochs"] = tuple(share * value for value in warm_up)
    return tune.model_copy(update={"max_epochs": epochs, "space": space})


def _without_twins(study: StudySpec) -> dict[str, Any]:
    """The factors whose levels differ, with these levels, and the design without factors that are gone."""
    groups = study.groups()
    factors = {name: _distinct(study, group, name) for group in groups for name in group}
    left = {name: factors[name] for name in study.factors if len(factors[name].levels) > 1}
    crossed = [name for group in groups if len(group) > 1 for name in group if name in left]
    return {"factors": left, "design": {"factorial": crossed} if len(crossed) > 1 else "one-at-a-time"}


def _distinct(study: StudySpec, group: tuple[str, ...], name: str) -> Factor:
    """The factor with one of each group of levels that train the same network: the reference, else the first."""
    factor, levels = study.factors[name], study.factors[name].levels
    given = together([study.factors[other].given for other in group])
    changes = list(levels.values()) if isinstance(levels, dict) else [{str(factor.vary): value} for value in levels]
    built = [
        ("tuned", flat(change)) if "tuned" in change else study.recipe(given, change).built() for change in changes
    ]
    place = list(levels).index(factor.reference)
    kept = [at for at, parts in enumerate(built) if at == place or parts not in (built[place], *built[:at])]
    left = [list(levels)[at] for at in kept]
    distinct = {name: levels[name] for name in left} if isinstance(levels, dict) else left
    return factor.model_copy(update={"levels": distinct})
