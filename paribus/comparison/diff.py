"""Two stored studies: each variant that both have, paired by seed, and all else that differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

from paribus.comparison.caveats import caveat
from paribus.comparison.judging import Folds, data_doubts, question_of, run_doubts, runs_by_seed, seed_score
from paribus.comparison.summary import plain
from paribus.comparison.verdicts import Contrast, Pairing, compare_pairings
from paribus.errors import SpecError
from paribus.spec.patch import flat
from paribus.store.records.run import StoredRun
from paribus.store.records.study import StudyRecord, VariantRecord

Runs = Mapping[tuple[str, str], Mapping[int, Folds]]
"""By study and variant, then by seed."""

_HARMLESS = ("cores", "system")
"""What a machine may have otherwise without changing a number."""


@dataclass(frozen=True)
class Side:
    """One of the two studies: its name, its record, its stored runs by key, and the environment that computed them."""

    name: str
    record: StudyRecord
    rows: Mapping[str, StoredRun]
    environment: Mapping[str, Any]

    @property
    def variants(self) -> dict[str, VariantRecord]:
        """By name, in the order of the plan."""
        return self.record.variants

    @property
    def seeds(self) -> list[int]:
        """In the order of the study."""
        return sorted({run.seed for run in self.record.runs})


@dataclass(frozen=True)
class Change:
    """One difference: its path, both values (None where there is none), and the variants that have it."""

    path: str
    a: Any
    b: Any
    variants: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StudyDiff:
    """Study `b` against study `a`.

    Args:
        a: name of the one.
        b: name of the other.
        seeds: that both have.
        contrasts: a variant each that both have, of kind `study`.
        only_a: variants that `b` does not have.
        only_b: variants that `a` does not have.
        recipes: what differs in the recipes of variants that both have.
        surroundings: what differs in data, machine and versions.
    """

    a: str
    b: str
    seeds: tuple[int, ...]
    contrasts: tuple[Contrast, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    recipes: tuple[Change, ...]
    surroundings: tuple[Change, ...]

    def values(self) -> dict[str, Any]:
        """As JSON values; a number that does not exist is null."""
        return {**asdict(self), "contrasts": [plain(contrast) for contrast in self.contrasts]}


def compare_studies(a: Side, b: Side) -> StudyDiff:
    """Compare what two studies have in common; verdicts are within the margin of `a`, corrected over the variants.

    Raises:
        SpecError: they are about different metrics, or have no variant or no seed in common.
    """
    terms = _terms(a, b)
    names = _common("variant", a, b, list(a.variants), list(b.variants))
    seeds = _common("seed", a, b, a.seeds, b.seeds)
    runs = {(side.name, name): found for side in (a, b) for name, found in runs_by_seed(side.record, side.rows).items()}
    surroundings = tuple(_changes(_surroundings(a), _surroundings(b)))
    quick = [caveat("C14")] if any(side.record.asked.quick_look for side in (a, b)) else []
    doubts = [*quick, *_other(surroundings), *data_doubts(a.record.data), *data_doubts(b.record.data)]
    pairings = [_pairing(name, a, b, seeds, runs) for name in names]
    return StudyDiff(
        a=a.name,
        b=b.name,
        seeds=tuple(seeds),
        contrasts=tuple(_doubted(contrast, runs, doubts) for contrast in compare_pairings(pairings, **terms)),
        only_a=tuple(name for name in a.variants if name not in names),
        only_b=tuple(name for name in b.variants if name not in names),
        recipes=_recipes(a, b, names),
        surroundings=surroundings,
    )


def _pairing(name: str, a: Side, b: Side, seeds: list[int], runs: Runs) -> Pairing:
    metric = a.record.asked.metric
    both = [seed for seed in seeds if all(seed in runs[side.name, name] for side in (a, b))]  # a ladder's may differ
    level_S, reference_S = ([seed_score(runs[side.name, name][seed], metric) for seed in both] for side in (b, a))
    return Pairing(kind="study", factor=name, level=b.name, reference=a.name, level_S=level_S, reference_S=reference_S)


def _terms(a: Side, b: Side) -> dict[str, Any]:
    """Metric, margin and direction of the comparison."""
    one, two = a.record.asked.metric, b.record.asked.metric
    if one != two:
        raise SpecError(
            f"{a.name} is about {one}, {b.name} about {two}; only studies of one metric can be compared. Run one of "
            f"them with --set metric={one}: what is trained is not trained again."
        )
    question = question_of(a.record.asked)
    return {"metric": question.metric, "margin": question.margin, "higher_is_better": question.higher_is_better}


def _common(what: str, a: Side, b: Side, of_a: list[Any], of_b: list[Any]) -> list[Any]:
    common = [value for value in of_a if value in of_b]
    if not common:
        found = [f"{side.name} has {', '.join(map(str, values))}" for side, values in ((a, of_a), (b, of_b))]
        raise SpecError(f"The studies have no {what} in common: {'; '.join(found)}.")
    return common


def _doubted(contrast: Contrast, runs: Runs, doubts: list[str]) -> Contrast:
    """Add the caveats that come from training, data and machines."""
    name = contrast.factor
    sides = {f"{name} of {study}": runs[study, name].values() for study in (contrast.level, contrast.reference)}
    return replace(contrast, caveats=tuple(dict.fromkeys([*contrast.caveats, *run_doubts(sides), *doubts])))


def _surroundings(side: Side) -> dict[str, Any]:
    dataset = {"name": side.record.data.name, "fingerprint": side.record.data.fingerprint}
    environment = {name: value for name, value in side.environment.items() if name not in _HARMLESS}
    return {"data": dataset, **environment}


def _other(surroundings: tuple[Change, ...]) -> list[str]:
    paths = ", ".join(change.path for change in surroundings)
    return [caveat("C15", f"the two studies do not share {paths}")] if paths else []


def _recipes(a: Side, b: Side, names: list[str]) -> tuple[Change, ...]:
    """Every change once, with all variants that have it."""
    where: dict[tuple[str, str, str], list[Change]] = {}
    for name in names:
        for change in _changes(a.variants[name].recipe, b.variants[name].recipe):
            key = (change.path, repr(change.a), repr(change.b))
            where.setdefault(key, []).append(replace(change, variants=(name,)))
    return tuple(replace(found[0], variants=tuple(c.variants[0] for c in found)) for found in where.values())


def _changes(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Change]:
    one, two = flat(_by_place(a)), flat(_by_place(b))
    for path in dict.fromkeys([*one, *two]):
        if one.get(path) != two.get(path):
            yield Change(path, one.get(path), two.get(path))


def _by_place(value: Any) -> Any:
    """Lists of mappings, such as layers, as mappings of their places, so that what differs is one of their options."""
    items = cast(list[Any], value) if isinstance(value, list) else []
    if any(isinstance(each, dict) for each in items):
        return {str(at): _by_place(each) for at, each in enumerate(items)}
    if isinstance(value, dict):
        return {key: _by_place(each) for key, each in cast(dict[str, Any], value).items()}
    return cast(Any, value)
