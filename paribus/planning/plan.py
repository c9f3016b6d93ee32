"""From a study to what will be trained: variants, runs with their keys, cohorts. Nothing here trains or reads data."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from paribus.spec import Folds, Recipe, StudySpec
from paribus.spec.design import cell_name
from paribus.spec.parts import find_part
from paribus.store.records.study import Level
from paribus.user_code import code_hash

ENGINE = 9
"""Version of the training arithmetic; raised when equal recipes would give other weights than before."""

COHORT_SIZE = 8
"""Runs stacked at most; beyond it a step saves no more time but takes more memory."""

_OWN_NUMBERS = "rate", "l2", "l1"
"""Options of listed layers that are numbers, of which each run of a cohort has its own."""

SizeOf = Callable[[Recipe], int]


@dataclass(frozen=True)
class Run:
    """One variant trained with one seed: the unit of record."""

    key: str
    variant: str
    seed: int
    recipe: Recipe

    @property
    def fold(self) -> int | None:
        """Which fold validates, counted from 0; None without folds."""
        folds = self.recipe.data.validation
        return folds.fold if isinstance(folds, Folds) else None


@dataclass(frozen=True)
class Plan:
    """All that a study will train."""

    study: StudySpec
    fingerprint: str
    variants: dict[str, Recipe]
    levels: tuple[Level, ...]
    runs: tuple[Run, ...]
    cohorts: tuple[tuple[Run, ...], ...]

    @property
    def keys(self) -> frozenset[str]:
        """One key per training: runs that two variants share count once."""
        return frozenset(run.key for run in self.runs)


def plan_study(study: StudySpec, fingerprint: str, size_of: SizeOf = lambda recipe: COHORT_SIZE) -> Plan:
    """Every run of the study, once, grouped into cohorts that follow from the plan alone; of a ladder the first seeds.

    Args:
        study: the checked study file.
        fingerprint: of the data, from `Dataset.fingerprint`.
        size_of: how many runs of a recipe's structure are stacked at most.
    """
    variants, levels = _variants(study)
    seeds = study.all_seeds[: study.looks[0]]
    runs = [run for name, recipe in variants.items() for run in runs_of(name, recipe, seeds, fingerprint)]
    return Plan(study, fingerprint, variants, levels, tuple(runs), cohorts_of(runs, size_of))


def grow(plan: Plan, more: Mapping[str, Sequence[int]], size_of: SizeOf = lambda recipe: COHORT_SIZE) -> Plan:
    """The plan with further seeds for some of its variants; its cohorts so far stay.

    Args:
        plan: so far.
        more: the seeds that a variant gets, by its name.
        size_of: how many runs of a recipe's structure are stacked at most.
    """
    runs_by_variant = [runs_of(name, plan.variants[name], seeds, plan.fingerprint) for name, seeds in more.items()]
    runs = [run for members in runs_by_variant for run in members]
    return replace(plan, runs=(*plan.runs, *runs), cohorts=(*plan.cohorts, *cohorts_of(runs, size_of)))


def runs_of(variant: str, recipe: Recipe, seeds: Iterable[int], fingerprint: str) -> list[Run]:
    """One run per seed, or per seed and fold."""
    return [Run(run_key(each, seed, fingerprint), variant, seed, each) for seed in seeds for each in _folded(recipe)]


def _folded(recipe: Recipe) -> list[Recipe]:
    """The recipe of each fold; itself where nothing is validated by folds, or by one fold only."""
    folds = recipe.data.validation
    if not isinstance(folds, Folds) or folds.fold is not None:
        return [recipe]
    ways = [Folds(folds=folds.folds, fold=fold) for fold in range(folds.folds)]
    return [recipe.model_copy(update={"data": recipe.data.model_copy(update={"validation": way})}) for way in ways]


def run_key(recipe: Recipe, seed: int, fingerprint: str) -> str:
    """The name under which a run is stored: equal runs have equal keys, within a study and across studies."""
    return run_keys(recipe, seed, fingerprint, [recipe.epochs])[0]


def run_keys(recipe: Recipe, seed: int, fingerprint: str, epochs: Iterable[int]) -> list[str]:
    """The keys of runs that differ in nothing but their number of epochs, in the order of `epochs`."""
    recipe_values = recipe.model_dump(mode="json")
    if recipe.model.kind == "sequential":
        recipe_values["model"] = _bare(recipe_values["model"], numbers=True)
    values: dict[str, Any] = {"recipe": recipe_values, "seed": seed, "data": fingerprint, "engine": ENGINE}
    own = find_part("model", recipe.model.kind).own
    if own:
        values["code"] = code_hash(own)
    keys: list[str] = []
    for number in epochs:
        recipe_values["epochs"] = number
        keys.append(hashlib.sha256(canonical(values).encode()).hexdigest())
    return keys


def canonical(values: Any) -> str:
    """JSON with sorted keys and no spaces, so that equal values have equal text."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)


def structure(recipe: Recipe) -> dict[str, Any]:
    """What runs of one cohort must share; the rest is numbers, of which each run has its own."""
    chosen = {"monitor", "keep", "early_stopping", "epochs", "vary_only"}
    values = recipe.model_dump(mode="json", exclude={*chosen, "schedule", "warmup_epochs", "l2", "clip_norm"})
    values["penalty"], values["clipped"] = recipe.l2 > 0, recipe.clip_norm is not None
    values["optimizer"] = [values["optimizer"][name] for name in ("kind", "conventions")]
    if recipe.model.kind == "sequential":
        values["model"] = _bare(values["model"], numbers=False)
    elif "dropout" in values["model"] and not find_part("model", recipe.model.kind).own:  # whose may mean anything
        values["model"]["dropout"] = values["model"]["dropout"] > 0
    return values


def _bare(value: Any, numbers: bool) -> Any:
    """A sequential model as JSON values without the names of layers, which change no training.

    Args:
        value: of the model, or of something in it.
        numbers: whether options that each run of a cohort has of its own are kept, not only whether they are above 0.
    """
    if isinstance(value, list):
        return [_bare(each, numbers) for each in cast(list[Any], value)]
    if not isinstance(value, dict):
        return value
    held = {k: v for k, v in cast(dict[str, Any], value).items() if k != "name"}
    return {k: v > 0 if k in _OWN_NUMBERS and not numbers else _bare(v, numbers) for k, v in held.items()}


def cohorts_of(runs: Sequence[Run], size_of: SizeOf = lambda recipe: COHORT_SIZE) -> tuple[tuple[Run, ...], ...]:
    """Runs of equal structure, each key once, in even groups of at most `size_of` their recipe."""
    alike: dict[str, list[Run]] = {}
    once: dict[str, Run] = {}
    for run in runs:
        once.setdefault(run.key, run)
    for run in once.values():
        alike.setdefault(canonical(structure(run.recipe)), []).append(run)
    cohorts: list[tuple[Run, ...]] = []
    for group in alike.values():
        parts = -(-len(group) // size_of(group[0].recipe))
        cuts = [len(group) * part // parts for part in range(parts + 1)]
        cohorts += [tuple(group[low:high]) for low, high in zip(cuts, cuts[1:], strict=False)]
    return tuple(cohorts)


def num_asked(variants: Iterable[Sequence[str]], runs: Iterable[str]) -> int:
    """Runs that a study would train if factors shared none; the cells of a crossing count once.

    Args:
        variants: of each level of the plan.
        runs: the variant of each run of the plan.
    """
    listed = list(variants)
    alone = Counter(names[0] for names in listed if len(names) == 1)
    crossed = Counter({name for names in listed if len(names) > 1 for name in names})
    return sum(alone[name] + crossed[name] for name in runs)


def _variants(study: StudySpec) -> tuple[dict[str, Recipe], tuple[Level, ...]]:
    """Unique recipes by name, in the order of the levels that point at them, and those levels."""
    baseline = study.recipe()
    if not study.factors:
        return {"baseline": baseline}, (Level(None, None, ("baseline",)),)
    names: dict[str, str] = {canonical(baseline.model_dump(mode="json")): "baseline"}
    variants: dict[str, Recipe] = {}
    levels: list[Level] = []
    for group in study.groups():
        cells: dict[tuple[str, ...], str] = {}
        for labels, recipe in study.cells(group).items():
            name = names.setdefault(canonical(recipe.model_dump(mode="json")), cell_name(group, labels))
            variants.setdefault(name, recipe)
            cells[labels] = name
        levels += _levels(study, group, cells)
    return variants, tuple(levels)


def _levels(study: StudySpec, group: tuple[str, ...], cells: Mapping[tuple[str, ...], str]) -> Iterator[Level]:
    """The levels of factors that are varied together; `cells` names the variant of each combination."""
    for place, factor in enumerate(group):
        reference = study.reference(factor)
        for label in study.factors[factor].changes():
            members = tuple(name for labels, name in cells.items() if labels[place] == label)
            yield Level(factor, label, members, label == reference)
