"""How the study was done, as terms with a sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from paribus.comparison.factorial import crossed_factors
from paribus.comparison.ladder import ladder_sentence
from paribus.comparison.winning import LEAST, MEANINGFUL
from paribus.freezing import frozen_sentence
from paribus.metric import metric_name
from paribus.planning import num_asked
from paribus.spec.tune import SEEDS_FROM
from paribus.store.records.study import AskedData, AskedStudy, StudyRecord


def family_of(asked: AskedStudy) -> str:
    """What a level's comparison is corrected for.

    Args:
        asked: of the study.
    """
    return "all other comparisons of the study" if asked.family == "study" else "the factor's other levels"


def by_test(record: StudyRecord) -> bool:
    """Whether the test rows validate, in any variant: then validation scores are test scores.

    Args:
        record: the study's.
    """
    return any(variant.facts.test_validates for variant in record.variants.values())


def statistics_terms(asked: AskedStudy) -> list[tuple[str, str]]:
    """What was computed, and by whose method.

    Args:
        asked: of the study.
    """
    verdict = (
        f"From the same interval, widened for {family_of(asked)} (Holm 1979, step down): better or worse if "
        "it excludes 0, equivalent if it lies inside the margin (Schuirmann 1987), else undecided."
    )
    if asked.by_wins:
        verdict = (
            "From the 95 % bootstrap interval of P(level wins): better if it lies above one half and reaches beyond "
            f"{MEANINGFUL}, worse in the mirror, equivalent if it lies between {1 - MEANINGFUL} and {MEANINGFUL}, else "
            f"undecided, as with fewer than {LEAST} seeds (Bouthillier et al. 2021). Not corrected for other levels, "
            "and the margin plays no part."
        )
    return [
        ("Interval of a difference", "Student's t over the paired differences of the seeds (Student 1908). It covers "
         "what changes from seed to seed, not what another test set would change."),
        ("Verdict", verdict),
        ("p", "Two-sided, from flipping the signs of the paired differences (Fisher 1935); corrected p after Holm "
         "(1979)."),
        ("Bootstrap interval", "Bias-corrected and accelerated (Efron 1987); too narrow with few seeds."),
        ("P(level wins)", "Share of seeds in which the level beats its reference (Bouthillier et al. 2021)."),
        ("Interval of a variant", "Student's t over its seeds, uncorrected. To compare, use the paired differences."),
    ]  # fmt: skip


def data_terms(record: StudyRecord, scored: int) -> list[tuple[str, str]]:
    """The data: their origin, their number, and what to beware of.

    Args:
        record: the study's.
        scored: runs of all studies of the home that were scored on these test rows.
    """
    data, asked = record.data, record.asked.data
    shape = " × ".join(str(size) for size in data.item_shape)
    items = f"rows of {shape} values" if shape else "texts"
    doubles = data.duplicates
    more = ". Here they validate too, which is not counted" if by_test(record) else ""
    return [
        ("Data", f"{data.name}: {data.rows['train']:,} training and {data.rows['test']:,} test {items}, "
         f"{data.num_classes} classes."),
        ("Overlap", f"{data.overlap:,} test rows are also training rows."),
        ("Duplicates", f"{doubles['train']:,} training and {doubles['test']:,} test rows repeat an earlier row; "
         f"{data.conflicting:,} items have more than one label."),
        ("Missing values", f"{data.missing:,}."),
        ("Preparation", _preparation(asked)),
        ("Split", _split(asked)),
        ("Test rows", f"scored {scored:,} times by the studies in this home, once per run, at its end{more}."),
        ("Fingerprint", data.fingerprint),
        *(("Warning", note) for note in data.notes),
    ]  # fmt: skip


def design_terms(record: StudyRecord, margin: str) -> list[tuple[str, str]]:
    """The experiment: seeds, pairing, metric, runs.

    Args:
        record: the study's.
        margin: with its unit.
    """
    unused = ", which no verdict here depends on" if record.asked.by_wins else ""
    seeds, planned = list(dict.fromkeys(run.seed for run in record.runs)), len(record.runs)
    ladder = ladder_sentence(record)
    uses = num_asked((level.variants for level in record.levels), (run.variant for run in record.runs))
    saved = f" Levels that come to the same recipe share theirs, which saved {uses - planned} trainings."
    sharing = saved if uses > planned and not ladder else ""
    return [
        ("Seeds", f"{len(seeds)}: {', '.join(map(str, seeds))}. {ladder}".rstrip()),
        ("Paired", "Runs of one seed draw their rows, split and order of rows alike, and equal layers start from equal "
         "weights; a level is compared with its reference seed by seed."),
        ("Metric", f"{metric_name(record.asked.metric)}; verdicts are about the test rows. Margin: {margin}{unused}."),
        ("Runs", f"{planned}.{sharing}"),
        *_frozen(record),
        *_tuned(record),
        *_factorial(record),
    ]  # fmt: skip


def _frozen(record: StudyRecord) -> list[tuple[str, str]]:
    """Whether the study is the one that was frozen; nothing where none was."""
    text = frozen_sentence(record.frozen)
    return [("Frozen plan", text)] if text else []


def _tuned(record: StudyRecord) -> list[tuple[str, str]]:
    """How tuned levels were chosen; nothing without a search."""
    search, tune = record.search, record.asked.tune
    if not search or not tune:
        return []
    last = SEEDS_FROM + tune.seeds - 1
    seeds = f"seed {SEEDS_FROM}" if tune.seeds == 1 else f"the mean over seeds {SEEDS_FROM} to {last}"
    rows, luck = "validation rows only", "which no trial saw: luck in the search is not kept."
    if record.asked.data.validation == "test":
        rows = "the test rows, which validate here"
        luck = "but scored on the rows it was chosen by: luck with these rows is kept, and its test score is too good."
    return [
        ("Tuned level", f"The values of the best of {len(search.trials)} trials ({search.algorithm}; `tune` in "
         f"the study file below), chosen by {metric_name(search.metric)} with {seeds}, on {rows}. The winner "
         f"was then trained anew with the study's seeds, {luck}"),
    ]  # fmt: skip


def _factorial(record: StudyRecord) -> list[tuple[str, str]]:
    """What crossed factors add to the design; nothing where each is varied alone."""
    crossed = crossed_factors(record.levels)
    if not crossed:
        return []
    others = "comparisons" if record.asked.family == "study" else "interactions"
    meaning = (
        "Better: more than the sum in most seeds; worse: less; equivalent: neither often enough to matter."
        if record.asked.by_wins
        else "Better: more than the sum; worse: less; equivalent: additive within the margin. Corrected for all "
        f"{others} of the study (Holm 1979)."
    )
    sizes = [sum(level.factor == name for level in record.levels) for name in crossed]
    return [
        ("Design", f"Factorial: {' × '.join(crossed)}, every level with every level, {' × '.join(map(str, sizes))} = "
         f"{prod(sizes)} variants (Montgomery, Design and Analysis of Experiments, ch. 5 and 6)."),
        ("Main effect", "Per seed the mean, over the levels of the other crossed factors, of level minus reference. A "
         "seed that lacks one of these runs is left out."),
        ("Interaction", "Per seed the difference of differences: what two levels together gain beyond the sum of what "
         f"each gains alone, averaged over the other crossed factors. {meaning}"),
    ]  # fmt: skip


def _preparation(asked: AskedData) -> str:
    scaled = "features as they are" if asked.scale == "none" else f"features scaled ({asked.scale}, on training rows)"
    if asked.text:
        scaled = f"{_features(asked.text)}, {scaled}"
    drawn = {"class-wise": "", "rows": ", whatever their class", "with-replacement": ", drawn with replacement"}
    part = "all training rows" if asked.fraction == 1 else f"{100 * asked.fraction:g} % of the training rows"
    part += drawn.get(asked.sample, "") if asked.fraction < 1 or asked.sample == "with-replacement" else ""
    return f"{scaled}; {part}. A factor may change this for its levels."


def _features(text: Mapping[str, Any]) -> str:
    """How texts became features."""
    kind = {"tfidf": "TF-IDF", "counts": "counts", "binary": "presence"}[text["kind"]]
    low, high = text["ngrams"]
    length = f"{low} to {high} words" if high > low else f"{low} word{'s' if low > 1 else ''}"
    return f"{kind} of the {text['max_features']:,} most frequent terms of {length} in each run's training texts"


def _split(asked: AskedData) -> str:
    validation = asked.validation
    if validation == "test":
        return "the test rows validate: they choose epochs and stop runs, so test scores are too good (caveat C05)."
    if isinstance(validation, dict) and (share := validation.get("last")):
        return (
            f"the last {100 * share:g} % of the training rows, in the order of the data, validate, whatever the seed. "
            "The test rows never choose."
        )
    if isinstance(validation, dict):
        return (
            f"{validation['folds']} folds of the training rows, by class and anew for each seed; each validates once. "
            "A seed's score is the mean over its folds. The test rows never choose."
        )
    if not validation:
        return "no validation rows. The test rows are never used to choose."
    share = f"{100 * validation:g} %"
    return f"{share} of the training rows, by class and anew for each seed, validate. The test rows never choose."
