"""How a study's factors are combined: each varied alone, or some of them crossed, every level with every level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations, product
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field

from paribus.errors import SpecError, suggest
from paribus.spec.base import wrong
from paribus.spec.factor import Factor
from paribus.spec.patch import flat

TIMES = " × "
"""Between the factors, and between the levels, of an interaction."""


def _check_design(value: Any) -> Any:
    if value in ("one-at-a-time", "factorial"):
        return value
    if not isinstance(value, dict) or list(cast(dict[Any, Any], value)) != ["factorial"]:
        form = "must be one-at-a-time, factorial or {factorial: [names of factors]}"
        raise wrong(f"{form}, found {value!r}", allowed=suggest(str(value), ("one-at-a-time", "factorial")))  # pyright: ignore[reportUnknownArgumentType]
    names = cast(dict[str, Any], value)["factorial"]
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in cast(list[Any], names)):
        raise wrong(f"must be a list of names of factors, found {names!r}", "factorial")
    names = list(cast(list[str], names))
    if len(set(names)) < len(names):
        raise wrong(f"must differ from each other, found {names!r}", "factorial")
    if len(names) < 2:
        raise wrong(f"must name at least 2 factors, found {names!r}. One alone is not crossed", "factorial")
    return {"factorial": names}


Design = Annotated[
    Literal["one-at-a-time", "factorial"]
    | Annotated[dict[Literal["factorial"], Annotated[list[str], Field(min_length=2)]], Field(min_length=1)],
    BeforeValidator(_check_design),
]


def groups(design: Any, factors: Iterable[str]) -> list[tuple[str, ...]]:
    """Factors that are varied together: the crossed ones, and each of the others alone."""
    names = list(factors)
    wanted = names if design == "factorial" else _named(design)
    crossed = tuple(name for name in names if name in wanted)
    return list(dict.fromkeys(crossed if name in crossed else (name,) for name in names))


def cell_name(factors: Iterable[str], labels: Iterable[str]) -> str:
    """A combination of levels as variants are named: `dropout=0.3, norm=true`."""
    return ", ".join(f"{factor}={label}" for factor, label in zip(factors, labels, strict=True))


def check_crossing(design: Any, factors: Mapping[str, Factor]) -> None:
    """Refuse a crossing of factors that cannot be combined.

    Raises:
        SpecError: a name is no factor, there are fewer than two, or one would overwrite what another sets.
    """
    if design == "one-at-a-time":
        return
    if len(factors) < 2:
        found = f"{len(factors)}{': ' if factors else ''}{', '.join(factors)}"
        raise SpecError(f"design: a factorial crosses at least 2 factors, found {found}. Add factors, or leave it out.")
    for place, name in enumerate(_named(design)):
        if name not in factors:
            raise SpecError(f"design.factorial[{place}]: must be a factor, found {name!r}. {suggest(name, factors)}")
    (crossed,) = (group for group in groups(design, factors) if len(group) > 1)
    texts = [text for name in crossed for text in (name, *factors[name].changes())]
    for text in filter(lambda text: TIMES in text, texts):
        raise SpecError(f"design: {text!r} holds {TIMES!r}, which interactions are written with; name it otherwise.")
    for one, two in combinations(crossed, 2):
        _check_clash(one, two, factors)


def check_given(name: str, factor: Factor, kinds: Mapping[str, str]) -> None:
    """Refuse a `given` that does not hold for a level, as the level's kind drops it.

    Args:
        name: of the factor.
        factor: itself; a `given` that names the kind too is meant for that kind.
        kinds: of the baseline's parts, by name.

    Raises:
        SpecError: there is such a level.
    """
    given = flat(factor.given)
    for label, change in factor.changes().items():
        own = flat(change)
        for path in given:
            part = path.partition(".")[0]
            kind = own.get(f"{part}.kind", kinds.get(part))
            if kind != kinds.get(part) and f"{part}.kind" not in given and path not in own:
                raise SpecError(
                    f"factors.{name}.given: {path} does not hold for the level {label!r}, which has another kind of "
                    f"{part}. Write it in each level that it is for."
                )


def _named(design: Any) -> list[str]:
    return cast(dict[str, list[str]], design)["factorial"] if isinstance(design, dict) else []


def _check_clash(one: str, two: str, factors: Mapping[str, Factor]) -> None:
    clash = _clash(factors[one], factors[two])
    if clash:
        raise SpecError(
            f"design: the factors {one!r} and {two!r} both change {clash}, so one would overwrite the other. "
            "Change it in one of them, or leave one out of the crossing."
        )


def _clash(one: Factor, two: Factor) -> str | None:
    """A place of the recipe that one of the factors would overwrite for the other; None if they combine."""
    own, other = ({path for change in f.changes().values() for path in flat(change)} for f in (one, two))
    given, others_given = flat(one.given), flat(two.given)
    unequal = [path for path in _meet(given, others_given) if given.get(path) != others_given.get(path)]
    clashes = _meet(own, other) + _meet(given, _reset(other)) + _meet(others_given, _reset(own)) + unequal
    return clashes[0] if clashes else None


def _meet(one: Iterable[str], two: Iterable[str]) -> list[str]:
    """Places that both reach: equal paths, and paths below a path of the other."""
    pairs = product(one, two)
    return sorted(max(a, b, key=len) for a, b in pairs if f"{a}.".startswith(f"{b}.") or f"{b}.".startswith(f"{a}."))


def _reset(paths: Iterable[str]) -> list[str]:
    """The paths of levels, which are laid after every `given`: a new kind drops all options beside it."""
    return [path.removesuffix(".kind") for path in paths]
