"""What the store keeps of a study, as frozen records; the one place that knows the names in the stored JSON.

Everything that is read from a home passes through `read_study`: it checks the types of strangers' values, fills in what
older versions did not write, and refuses what a newer version wrote. Names that are not read here may stand beside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field

from paribus.store.records.recipe import (
    Count,
    Epochs,
    Hash,
    MetricName,
    Number,
    RecipeFacts,
    ScoreName,
    Text,
    Truth,
    Validation,
    Whole,
)

VERSION = 1
"""Version of the record of a study; raised when an older program would misread a newer record."""


@dataclass(frozen=True)
class Level:
    """One level of one factor and the variants that hold it; factor and label are None for a study without factors.

    A factor that is varied alone has one variant per level. A crossed one has, per level, one variant for each
    combination of the others' levels, in the same order for all its levels: variants at one place differ in this factor
    alone.
    """

    factor: Text | None
    label: Text | None
    variants: Annotated[tuple[Text, ...], Field(min_length=1)]
    is_reference: Truth = False

    @property
    def place(self) -> tuple[str, str] | None:
        """Factor and label; None for a study without factors."""
        return None if self.factor is None or self.label is None else (self.factor, self.label)


@dataclass(frozen=True)
class PlannedRun:
    """One run that the study asks for: its key, its variant, its seed, and its fold, counted from 0, if it has one."""

    key: Hash
    variant: Text
    seed: Count
    fold: Count | None = None


@dataclass(frozen=True)
class VariantRecord:
    """One variant.

    Args:
        recipe: the resolved recipe, as JSON values.
        facts: what tables and verdicts ask of it.
        parameters: how many numbers its network learns.
    """

    recipe: dict[str, Any]
    facts: Annotated[RecipeFacts, Field(validation_alias="recipe")]
    parameters: Count


@dataclass(frozen=True)
class DataFacts:
    """The data set of a study.

    Args:
        name: of the data set.
        fingerprint: of its arrays.
        class_names: in the order of their codes.
        class_counts: rows of each class, for `train` and `test`.
        item_shape: of one item; empty for texts.
        num_classes: how many there are.
        rows: of `train` and `test`.
        duplicates: rows of each part that repeat an earlier one.
        overlap: test rows that are also training rows.
        missing: values that are missing.
        conflicting: items that have more than one label.
        notes: warnings of the reader.
    """

    name: Text
    fingerprint: Hash
    class_names: Annotated[tuple[Text, ...], Field(min_length=1)]
    class_counts: dict[Literal["train", "test"], dict[Text, Count]]
    item_shape: tuple[Annotated[Whole, Field(ge=1)], ...]
    num_classes: Count
    rows: dict[Literal["train", "test"], Count]
    duplicates: dict[Literal["train", "test"], Count]
    overlap: Count
    missing: Count
    conflicting: Count = 0
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True)
class AskedData:
    """The data that the study file names, and how they are prepared unless a factor says otherwise."""

    source: str
    scale: str
    fraction: Number
    validation: Validation
    test: Any = None
    text: dict[str, Any] | None = None
    sample: str = "class-wise"


@dataclass(frozen=True)
class NamedData(AskedData):
    """The data of one of several data sets."""

    name: str = field(kw_only=True)


@dataclass(frozen=True)
class LadderOfSeeds:
    """Seeds that grow: how many there are at first, and at most."""

    start: Annotated[Whole, Field(ge=2)]
    max: Annotated[Whole, Field(le=1_000_000)]


@dataclass(frozen=True)
class AskedFactor:
    """The levels of a factor, as the study file has them: a list of values, or changes by label."""

    levels: list[Any] | dict[str, dict[str, Any]]


@dataclass(frozen=True)
class AskedSearch:
    """What a search was asked: the space, the epochs of a whole trial, and seeds per trial."""

    space: dict[str, Any]
    max_epochs: Count
    seeds: Count


@dataclass(frozen=True)
class AskedStudy:
    """What was asked: the study file, as far as verdicts and reports read it.

    Args:
        name: of the study.
        question: in words.
        baseline: as the file has it.
        seeds: their numbers, or a ladder.
        metric: that verdicts are about, on the test rows.
        margin: the smallest difference that matters.
        factors: by name.
        family: what a comparison is corrected for, `factor` or `study`.
        rule: what decides, `difference` or `wins`.
        tune: what a search was asked; None without one.
        quick_look: whether it is a first look, made by `--quick`.
    """

    name: str
    question: str
    baseline: dict[str, Any]
    seeds: Annotated[tuple[Count, ...], Field(min_length=1)] | LadderOfSeeds
    metric: MetricName
    margin: Number
    factors: dict[Text, AskedFactor]
    family: str = "factor"
    rule: str = "difference"
    tune: AskedSearch | None = None
    quick_look: Truth = False

    @property
    def by_wins(self) -> bool:
        """Whether verdicts rest on the share of seeds won, not on the mean difference."""
        return self.rule == "wins"

    def is_tuned(self, factor: str, label: str) -> bool:
        """Whether a search chose the values of this level."""
        levels = self.factors[factor].levels
        return isinstance(levels, dict) and "tuned" in levels[label]


@dataclass(frozen=True)
class AskedOfOne(AskedStudy):
    """A study over one data set."""

    data: AskedData = field(kw_only=True)


@dataclass(frozen=True)
class AskedOfSeveral(AskedStudy):
    """A study over several data sets."""

    data: list[NamedData] = field(kw_only=True)


@dataclass(frozen=True)
class TrialRecord:
    """One trial of a search.

    Args:
        number: in the order drawn.
        bracket: that it was drawn for.
        point: value by path.
        scores: the validation metric by epochs trained, at each rung that it reached; None where it had none.
        keys: of its runs.
        failed: why it failed; None if it did not.
    """

    number: Count
    bracket: Count
    point: dict[Text, Any]
    scores: Annotated[dict[Epochs, Number | None], Field(min_length=1)]
    keys: tuple[Hash, ...]
    failed: str | None = None


@dataclass(frozen=True)
class SearchRecord:
    """The outcome of a search.

    Args:
        algorithm: that drew the trials.
        metric: that chose the winner.
        winner: its value by path.
        winner_number: which trial it is.
        edges: paths whose best value lies at the edge of the space.
        epochs: trained in all.
        epochs_unstopped: that training every trial to the end would take.
        diverged: trials that diverged.
        importance: share by path; None where it cannot be told.
        trials: in the order drawn.
    """

    algorithm: str
    metric: ScoreName
    winner: dict[Text, Any]
    winner_number: Count
    edges: tuple[Text, ...]
    epochs: Count
    epochs_unstopped: Count
    diverged: Count
    importance: dict[str, Number] | None
    trials: tuple[TrialRecord, ...]

    @property
    def winning_trial(self) -> TrialRecord:
        """The trial that won."""
        return next(trial for trial in self.trials if trial.number == self.winner_number)


@dataclass(frozen=True)
class FrozenRecord:
    """The frozen plan of a study, and whether the study that ran is the one that was frozen.

    Args:
        hash: sha256 of the plan.
        time: when it was frozen, ISO 8601.
        status: `as frozen`, `changed` or `tampered`.
        changes: names of what differs.
        already_stored: runs that were stored before; None if that is not known.
        content: of the plan's file, JSON values.
    """

    hash: str
    time: str
    status: str
    changes: tuple[str, ...]
    already_stored: Count | None
    content: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class MachineRecord:
    """Where a study ran, as far as more than the report asks: the version of Python."""

    python: str


@dataclass(frozen=True)
class StudyRecord:
    """A study over one data set: what was asked, planned and searched, and what it ran on.

    Args:
        asked: the study file.
        data: facts of its data set.
        variants: by name, in the order of the plan.
        levels: of all factors.
        runs: that are planned.
        machine: where it ran last.
        code: by variant, the hash of the code of a model of the user's own.
        metric_code: the hash of the code of a metric of the user's own; empty for others.
        frozen: of its frozen plan; None where there is none.
        search: what its search came to; None without one.
        version: of the record.
        values: the JSON values that all this was read from, for output that repeats them.
    """

    asked: Annotated[AskedOfOne, Field(validation_alias="spec")]
    data: Annotated[DataFacts, Field(validation_alias="dataset")]
    variants: dict[Text, VariantRecord]
    levels: tuple[Level, ...]
    runs: Annotated[tuple[PlannedRun, ...], Field(min_length=1)]
    machine: Annotated[MachineRecord, Field(validation_alias="environment")]
    code: dict[str, str] = field(default_factory=dict[str, str])
    metric_code: str = ""
    frozen: FrozenRecord | None = None
    search: Annotated[SearchRecord | None, Field(validation_alias="tuning")] = None
    version: Count = 0
    values: dict[str, Any] = field(default_factory=dict[str, Any], init=False, repr=False)

    @property
    def spec(self) -> dict[str, Any]:
        """The whole study file as JSON values."""
        return self.values["spec"]

    @property
    def environment(self) -> dict[str, Any]:
        """Machine and versions."""
        return self.values["environment"]

    @property
    def keys(self) -> list[str]:
        """One per planned run; runs that two variants have in common count once."""
        return list(dict.fromkeys(run.key for run in self.runs))


@dataclass(frozen=True)
class SeriesRecord:
    """A study over several data sets: what was asked, and the names of the studies over one, in that order."""

    asked: Annotated[AskedOfSeveral, Field(validation_alias="spec")]
    parts: Annotated[tuple[str, ...], Field(min_length=1)]
    version: Count = 0
    values: dict[str, Any] = field(default_factory=dict[str, Any], init=False, repr=False)

    @property
    def spec(self) -> dict[str, Any]:
        """The whole study file as JSON values."""
        return self.values["spec"]
