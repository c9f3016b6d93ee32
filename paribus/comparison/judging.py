"""A study's contrasts: first judged by their scores alone, then with the caveats of training and data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from paribus.comparison.caveats import caveat, early_best, late_best
from paribus.comparison.factorial import Levels, as_averages, cells_at, effects, interactions
from paribus.comparison.ladder import looks_at
from paribus.comparison.searched import search_caveats
from paribus.comparison.verdicts import Contrast, Scores, compare_in_looks
from paribus.comparison.winning import judge_by_wins
from paribus.metric import metric_of
from paribus.store.records.run import StoredRun
from paribus.store.records.study import AskedStudy, DataFacts, StudyRecord

Folds = list[StoredRun | None]
"""The runs of one variant and seed: one, or one per fold; None where a run is not stored."""


@dataclass(frozen=True)
class Question:
    """What verdicts are about, and by what rule they are reached.

    Args:
        metric: of the scores, such as `test_accuracy`.
        margin: the smallest difference that matters, in the metric's units.
        higher_is_better: False for a loss.
        looks: numbers of seeds at which verdicts are drawn, in rising order; one of them without a ladder.
        family: `factor` where a level is corrected for its factor's other levels, `study` for all contrasts.
        rule: `difference`, or `wins` for the share of seeds won.
    """

    metric: str
    margin: float
    higher_is_better: bool
    looks: tuple[int, ...]
    family: str = "factor"
    rule: str = "difference"


def judge_contrasts(question: Question, levels: Levels, scores: Scores) -> list[Contrast]:
    """Every level against its factor's reference, then interactions of crossed factors, by their scores alone.

    Of a ladder each contrast stands at the look that decided it, or at the last one that there are scores for.

    Args:
        question: what is asked of the scores, from wherever they come.
        levels: of the study's factors.
        scores: variant to one score per seed, None for a run without one.
    """
    families = [*effects(levels, scores).values(), interactions(levels, scores)]
    if question.family == "study":
        families = [[pairing for family in families for pairing in family]]
    judged = (
        compare_in_looks(
            family,
            question.looks,
            metric=question.metric,
            margin=question.margin,
            higher_is_better=question.higher_is_better,
        )
        for family in families
    )
    contrasts = [contrast for family in judged for contrast in family]
    if question.rule == "wins":
        contrasts = [judge_by_wins(contrast) for contrast in contrasts]
    return as_averages(contrasts, levels)


def question_of(asked: AskedStudy) -> Question:
    """The question that the verdicts of a study answer."""
    return Question(
        metric=f"test_{asked.metric}",
        margin=asked.margin,
        higher_is_better=metric_of(asked.metric).higher_is_better,
        looks=looks_at(asked),
        family=asked.family,
        rule=asked.rule,
    )


def contrasts_of(record: StudyRecord, rows: Mapping[str, StoredRun]) -> list[Contrast]:
    """The contrasts of a study on the test set, with their caveats; see `judge_contrasts`."""
    by_variant = {name: list(seeds.values()) for name, seeds in runs_by_seed(record, rows).items()}
    contrasts = judge_contrasts(question_of(record.asked), record.levels, scores_by_variant(record, rows))
    return [_doubted(contrast, by_variant, record) for contrast in contrasts]


def scores_by_variant(record: StudyRecord, rows: Mapping[str, StoredRun]) -> dict[str, list[float | None]]:
    """One test score per seed of each variant; None where it did not finish."""
    metric = record.asked.metric
    return {
        name: [seed_score(folds, metric) for folds in seeds.values()]
        for name, seeds in runs_by_seed(record, rows).items()
    }


def runs_by_seed(record: StudyRecord, rows: Mapping[str, StoredRun]) -> dict[str, dict[int, Folds]]:
    """The runs of each seed of each variant, by variant, then by seed, whatever the order of the record's runs."""
    by_variant: dict[str, dict[int, Folds]] = {name: {} for name in record.variants}
    for run in record.runs:
        by_variant[run.variant].setdefault(run.seed, []).append(rows.get(run.key))
    return {name: dict(sorted(by_seed.items())) for name, by_seed in by_variant.items()}


def seed_score(folds: Folds, metric: str) -> float | None:
    """A seed's score: the mean over its folds, which share training rows and so are not independent units."""
    scores = [row.metrics.get(f"test_{metric}") if row else None for row in folds]
    finished = [score for score in scores if score is not None]
    return sum(finished) / len(finished) if len(finished) == len(scores) else None


def _doubted(contrast: Contrast, by_variant: Mapping[str, list[Folds]], record: StudyRecord) -> Contrast:
    """Add the caveats that come from training and data rather than from the scores."""
    sides: dict[str, list[Folds]] = {}
    for level in (contrast.level, contrast.reference):
        places = contrast.places(level)
        name = " and ".join(map(" ".join, places.items()))
        sides[name] = [folds for cell in cells_at(record.levels, places) for folds in by_variant[cell]]
    quick = [caveat("C14")] if record.asked.quick_look else []
    doubts = [*run_doubts(sides), *search_caveats(contrast, record), *quick, *data_doubts(record.data)]
    return replace(contrast, caveats=(*contrast.caveats, *doubts))


def run_doubts(sides: Mapping[str, Iterable[Folds]]) -> list[str]:
    """Caveats that come from how the runs of the two sides of a contrast, named in words, were trained."""
    caveats: list[str] = []
    chosen_by_test = False
    for name, seeds in sides.items():
        done = [row for folds in seeds for row in folds if row and row.status == "finished"]
        chosen_by_test |= any(row.facts.test_validates for row in done)
        best = [row.best_epoch if row.facts.best_epoch_is_validated else None for row in done]
        epochs = [row.facts.epochs for row in done]
        for code, part, applies in (("C03", "last", late_best), ("C16", "first", early_best)):
            if applies(best, epochs):
                caveats.append(caveat(code, f"most runs of {name} were best in the {part} tenth of their epochs"))
    return caveats + ([caveat("C05")] if chosen_by_test else [])


def data_doubts(data: DataFacts) -> list[str]:
    """Caveats that come from a study's data."""
    overlap = [caveat("C04", f"{data.overlap} test items are also in the training data")] if data.overlap else []
    return overlap + [caveat("C09", note) for note in data.notes]
