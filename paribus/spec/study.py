"""A study: the question, the data, the baseline recipe, the factors, the seeds, the metric and the margin."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod
from typing import Annotated, Any, Literal, Self, cast

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from paribus.errors import SpecError, suggest
from paribus.metric import metric_of
from paribus.spec.base import (
    LONGEST_NAME,
    Record,
    check_values,
    explain,
    wrong,
)
from paribus.spec.data import Data, DataSpec, is_name
from paribus.spec.design import Design, cell_name, check_crossing, check_given, groups
from paribus.spec.factor import Factor, label
from paribus.spec.patch import patched, together
from paribus.spec.recipe import Baseline, MetricName, Recipe
from paribus.spec.tune import SEEDS_FROM, Tune
from paribus.spec.validation import Folds

MOST_SEEDS = 10_000


class Ladder(Record):
    """Seeds that grow: all runs have the first, and only what is still undecided gets more, doubling up to the last."""

    start: int = Field(ge=2, description="Seeds of every run at first.")
    max: int = Field(le=MOST_SEEDS, description="Seeds at most, for what stays undecided.")

    @model_validator(mode="after")
    def _rises(self) -> Ladder:
        if self.max <= self.start:
            raise wrong(f"must have max above start, found {self.max} and {self.start}")
        return self

    @property
    def looks(self) -> tuple[int, ...]:
        """Numbers of seeds at which verdicts are drawn: start, twice as many, and so on, max."""
        sizes: list[int] = []
        size = self.start
        while size < self.max:
            sizes.append(size)
            size *= 2
        return (*sizes, self.max)


MOST_VARIANTS, MOST_RUNS = 2_000, 200_000
"""Largest numbers of combinations of levels, and of runs, of a study on one data set."""
_LARGEST_MARGIN = 0.2


def _seed_list(value: Any) -> Any:
    if isinstance(value, dict | Ladder):
        return Ladder.model_validate(value)
    found = f"found {value!r}"
    if isinstance(value, int) and not isinstance(value, bool):
        if not 1 <= value <= MOST_SEEDS:
            raise wrong(f"must be {'at least 1' if value < 1 else f'at most {MOST_SEEDS}'}, {found}")
        return tuple(range(value))
    if not isinstance(value, list | tuple) or not value:
        raise wrong(f"must be a number of seeds, a list of seeds or {{start: , max: }}, {found}")
    return _check_seeds(cast(tuple[Any, ...], tuple(value)), found)  # pyright: ignore[reportUnknownArgumentType]


def _check_seeds(seeds: tuple[Any, ...], found: str) -> tuple[int, ...]:
    if len(seeds) > MOST_SEEDS:
        raise wrong(f"must be at most {MOST_SEEDS}, found {len(seeds)}")
    if any(not isinstance(seed, int) or isinstance(seed, bool) or seed < 0 for seed in seeds):
        raise wrong(f"must be whole numbers from 0 up, {found}")
    if len(set(seeds)) != len(seeds):
        raise wrong(f"must differ from each other, {found}")
    return seeds


def _check_name(name: Any) -> Any:
    """A dot stands in the name of a part only: STUDY.DATA."""
    if not isinstance(name, str) or name.count(".") > 1 or not all(map(is_name, name.split("."))):
        raise wrong(f"must be letters, digits, '-' and '_' (it names files), found {name!r}")
    if any(len(part) > LONGEST_NAME for part in name.split(".")):
        raise wrong(f"must have at most {LONGEST_NAME} characters (it names files), found {len(name)}: {name!r}")
    return name


_Number = Annotated[int, Field(ge=1, le=MOST_SEEDS)]
_Listed = Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1, max_length=MOST_SEEDS)]
Seeds = Annotated[
    tuple[int, ...] | Ladder, BeforeValidator(_seed_list, json_schema_input_type=_Number | _Listed | Ladder)
]
Name = Annotated[str, BeforeValidator(_check_name)]


def looks_of(seeds: Any) -> tuple[int, ...]:
    """Numbers of seeds at which verdicts are drawn, of `seeds` as a study file has them, or its record."""
    checked = _seed_list(seeds)
    return checked.looks if isinstance(checked, Ladder) else (len(checked),)


def check_tuned(tune: Tune | None, factors: Mapping[str, Factor]) -> bool:
    """Whether there are tuned levels; raises a SpecError where they and `tune` do not go together."""
    places = [f"factors.{name}.levels.{label}" for name, factor in factors.items() for label in factor.tuned]
    if places and tune is None:
        raise SpecError(f"{places[0]}: {{tuned: true}} stands for what a search finds; say where it searches: `tune`.")
    if tune and not places:
        raise SpecError("tune: no level takes the winner. Write {tuned: true} as a level of a factor, or remove it.")
    return bool(places)


class StudySpec(Record):
    """The whole study file, checked once, when it is made."""

    _searched: bool = PrivateAttr(default=False)  # a search may find what another level is

    name: Name = Field(description="Short name; the study's runs and report are found by it.")
    question: str = Field("", description="The question in a sentence; it heads the report.")
    data: Data = Field(
        description="Where the data come from, and how a run's rows are chosen and scaled; or a list of several."
    )
    baseline: Baseline = Field(
        default_factory=lambda: Baseline(), description="The recipe that every factor departs from."
    )
    seeds: Seeds = Field(
        default=5, validate_default=True, description="Number of seeds, a list of them, or {start, max}."
    )
    metric: MetricName = Field(default="accuracy", description="Test metric that the verdicts are about.")
    margin: float = Field(default=0.005, ge=0, description="Smallest difference in the metric that matters.")
    family: Literal["factor", "study"] = Field(
        default="factor", description="What verdicts are corrected for: the other levels of the factor, or all."
    )
    rule: Literal["difference", "wins"] = Field(
        default="difference", description="What verdicts rest on: the mean difference, or the share of seeds won."
    )
    factors: dict[str, Factor] = Field(default={}, description="What is varied: design choices by name.")
    tune: Tune | None = Field(default=None, description="A search whose winner stands for levels {tuned: true}.")
    design: Design = Field(
        default="one-at-a-time",
        description="Whether each factor is varied alone, or all, or those in {factorial: [...]}, are crossed.",
    )

    quick_look: bool = Field(
        default=False, description="Set by --quick: few rows, epochs and seeds, so the numbers are no result."
    )

    @model_validator(mode="wrap")
    @classmethod
    def _explained(cls, values: Any, handler: Any) -> Any:
        check_values(values)
        try:
            return handler(values)
        except ValidationError as error:
            raise SpecError(explain(error)) from None

    @model_validator(mode="after")
    def _resolves(self) -> StudySpec:
        if isinstance(self.data, DataSpec):
            return self._resolved()
        letters: dict[str, str] = {}
        for part in self.parts():
            try:
                part._resolved()
            except SpecError as error:
                letters[part.name] = str(error)
        if letters:
            alike = len(letters) == len(self.data) and len(set(letters.values())) == 1
            name, letter = next(iter(letters.items()))
            raise SpecError(letter if alike else f"{name}: {letter}")
        return self

    def parts(self) -> list[Self]:
        """One ordinary study per data set, named STUDY.DATA; itself where there is no list of them.

        Raises:
            SpecError: two data sets have the same name.
        """
        if isinstance(self.data, DataSpec):
            return [self]
        if "." in self.name:
            raise SpecError(f"name: the dot is for parts of a study over several data sets, found {self.name!r}.")
        names = [data.name for data in self.data]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise SpecError(f"data[{place}].name: must differ from the others, found {name!r} again. Add a `name`.")
        return [
            self.model_copy(update={"name": f"{self.name}.{data.name}", "data": data.unnamed()}) for data in self.data
        ]

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """Every seed that a run may have."""
        return tuple(range(self.seeds.max)) if isinstance(self.seeds, Ladder) else self.seeds

    @property
    def looks(self) -> tuple[int, ...]:
        """Numbers of seeds at which verdicts are drawn: one, but of a ladder."""
        return looks_of(self.seeds)

    @property
    def one_data(self) -> DataSpec:
        """The data of a study over one data set."""
        assert isinstance(self.data, DataSpec)
        return self.data

    def _resolved(self) -> Self:
        if metric_of(self.metric).is_share and self.margin > _LARGEST_MARGIN:
            raise SpecError(
                f"margin: must be a share of at most {_LARGEST_MARGIN:g}, found {self.margin:g}; 0.01 is one point of "
                f"{self.metric}."
            )
        if self.rule == "wins" and len(self.looks) > 1:
            raise SpecError("rule: wins has no correction for a ladder of seeds. Give a number of seeds; it is for 29.")
        if len(self.looks) > 1 and not self.factors:
            raise SpecError(
                "seeds: a ladder grows where verdicts are undecided, but there are no factors to decide on. "
                "Give a number of seeds, or add factors."
            )
        self._checked("baseline")
        if check_tuned(self.tune, self.factors):
            self._check_search()
            for point in self.tune.points_to_check() if self.tune else ():
                self._checked("tune.space", point)
                self.with_tuned(point)._check_levels()
        else:
            self._check_levels()
        return self

    def _check_search(self) -> None:
        if not self.recipe().data.validates:
            raise SpecError("tune: needs validation rows to choose by, found data.validation = 0.")
        taken = [seed for seed in self.all_seeds if seed >= SEEDS_FROM]
        if taken:
            raise SpecError(f"seeds: must be below {SEEDS_FROM}, where those of trials begin, found {taken[0]}.")

    def _check_levels(self) -> None:
        check_crossing(self.design, self.factors)
        kinds = {part: getattr(self.baseline, part).kind for part in ("model", "optimizer", "schedule")}
        for name, factor in self.factors.items():
            self._checked(f"factors.{name}.given", factor.given)
            check_given(name, factor, kinds)
        self._check_number()
        for name in self.factors:
            self.reference(name)
        for group in self.groups():
            self.cells(group)

    def _check_number(self) -> None:
        sizes = [prod(len(self.factors[name].levels) for name in group) for group in self.groups()]
        folds = self.recipe().data.validation
        each = folds.folds if isinstance(folds, Folds) and folds.fold is None else 1
        runs = sum(sizes) * self.looks[-1] * each
        if sum(sizes) > MOST_VARIANTS:
            raise SpecError(f"factors: at most {MOST_VARIANTS:,} variants, found {sum(sizes):,}. Leave levels out.")
        if runs > MOST_RUNS:
            raise SpecError(f"seeds: at most {MOST_RUNS:,} runs, found {runs:,}. Leave seeds, levels or folds out.")

    def with_tuned(self, point: Mapping[str, Any]) -> StudySpec:
        """The study with a search's values in place of levels written {tuned: true}.

        Args:
            point: values by path.
        """
        factors = {name: factor.with_tuned(point) for name, factor in self.factors.items()}
        study = self.model_copy(update={"factors": factors, "tune": None})
        study._searched = True
        return study

    def groups(self) -> list[tuple[str, ...]]:
        """Names of the factors that are varied together: the crossed ones, and each of the others alone."""
        return groups(self.design, self.factors)

    def recipe(self, *changes: Mapping[str, Any]) -> Recipe:
        """The baseline with `changes` laid over it, one after the other."""
        values = {**self.baseline.model_dump(mode="json"), "data": self.one_data.preparation().model_dump(mode="json")}
        for change in changes:
            values = patched(values, change)
        return Recipe.model_validate(values)

    def recipes(self, factor_name: str) -> dict[str, Recipe]:
        """One recipe per level of the factor, by the level's label.

        Raises:
            SpecError: a level does not fit the recipe, or two levels are the same.
        """
        levels = self.factors[factor_name].levels
        found = {name: recipe for (name,), recipe in self.cells((factor_name,)).items()}
        if len(found) < len(levels):
            raise SpecError(f"factors.{factor_name}.levels: levels must differ, found {levels!r}.")
        return found

    def cells(self, names: tuple[str, ...]) -> dict[tuple[str, ...], Recipe]:
        """One recipe for each combination of the factors' levels, by the levels' labels.

        Args:
            names: of one factor, or of factors that are varied together.

        Raises:
            SpecError: a combination does not fit the recipe, or two train the same network.
        """
        found: dict[tuple[str, ...], Recipe] = {}
        built: dict[tuple[str, ...], tuple[Any, ...]] = {}
        for chosen in product(*(self.factors[name].changes().items() for name in names)):
            labels = tuple(name for name, _ in chosen)
            where = self._where(names, labels)
            recipe = self._checked(where, self._given(names[0]), together([change for _, change in chosen]))
            parts = recipe.built()
            twin = next((other for other, known in built.items() if known == parts), None)
            if twin is not None and not self._searched:
                other = f"the level {twin[0]!r}" if len(names) == 1 else cell_name(names, twin)
                raise SpecError(f"{where}: trains the same network as {other}; levels must differ.")
            found[labels], built[labels] = recipe, parts
        return found

    def _where(self, names: tuple[str, ...], labels: tuple[str, ...]) -> str:
        """The place in the study file of a level, or of a combination of levels."""
        if len(names) != 1:
            return f"design: {cell_name(names, labels)}"
        name, wanted = names[0], labels[0]
        factor = self.factors[name]
        return f"factors.{name}.levels" + (f"[{list(factor.changes()).index(wanted)}]" if factor.vary else f".{wanted}")

    def _given(self, factor_name: str) -> Mapping[str, Any]:
        """What holds for all levels of the factor: its own `given`, and that of the factors crossed with it."""
        group = next(group for group in self.groups() if factor_name in group)
        return together([self.factors[name].given for name in group])

    def _checked(self, where: str, *changes: Mapping[str, Any]) -> Recipe:
        try:
            return self.recipe(*changes)
        except ValidationError as error:
            raise SpecError(explain(error, where)) from None
        except PydanticCustomError as error:
            raise SpecError(f"{where}: {error.message()}") from None
        except SpecError as error:
            raise SpecError(f"{where}: {error}") from None

    def reference(self, factor_name: str) -> str:
        """The level that the others of the factor are compared with.

        Raises:
            SpecError: the factor names a reference that is none of its levels.
        """
        factor, recipes = self.factors[factor_name], self.recipes(factor_name)
        if factor.names_reference:
            wanted = label(factor.reference)
            if wanted not in recipes:
                place = f"factors.{factor_name}.reference"
                raise SpecError(f"{place}: must be one of the levels, found {wanted!r}. {suggest(wanted, recipes)}")
            return wanted
        baseline = self.recipe(self._given(factor_name))
        return next((name for name, recipe in recipes.items() if recipe == baseline), next(iter(recipes)))
