"""Factorial designs: what crossed factors do on average, and whether their effects add up.

Effects are in treatment coding, differences from a reference level, averaged with equal weight over the levels of the
other crossed factors. For factors of two levels a main effect is the textbook's, and an interaction, a difference of
differences, is twice the textbook's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, product
from math import fsum

from paribus.comparison.caveats import caveat
from paribus.comparison.verdicts import Contrast, Pairing, Scores
from paribus.spec.design import TIMES
from paribus.store.records.study import Level

Levels = Sequence[Level]


def placed(levels: Levels) -> list[tuple[str, str, Level]]:
    """Factor, label and level, in the order of the study; nothing for a study without factors."""
    return [(*level.place, level) for level in levels if level.place]


def crossed_factors(levels: Levels) -> tuple[str, ...]:
    """The factors whose levels were combined: those with several variants a level.

    Source: Montgomery, Design and Analysis of Experiments, ch. 5.
    """
    return tuple(dict.fromkeys(factor for factor, _, level in placed(levels) if len(level.variants) > 1))


def cells_at(levels: Levels, places: Mapping[str, str]) -> list[str]:
    """Variants in which each factor of `places` has that level, in an order that is the same for all its levels.

    Source: Montgomery, ch. 5; the cells of a crossed table.
    """
    held = [level.variants for factor, label, level in placed(levels) if places.get(factor) == label]
    return [name for name in held[0] if all(name in others for others in held[1:])]


def mean_scores(cells: Sequence[str], scores: Scores) -> list[float | None]:
    """The mean over the cells, seed by seed; None where one of them has no score, so that all cells weigh the same.

    Args:
        cells: names of variants.
        scores: variant to one score per seed; those of the seeds that all cells have are taken.

    Source: Montgomery, ch. 5; means of a balanced table.
    """
    rows = zip(*_common(*(scores[name] for name in cells)), strict=True)
    scores_of_cells = [[score for score in row if score is not None] for row in rows]
    return [fsum(row) / len(row) if len(row) == len(cells) else None for row in scores_of_cells]


def effects(levels: Levels, scores: Scores) -> dict[str, list[Pairing]]:
    """Every level against its factor's reference, by factor, over the seeds that both sides have.

    Args:
        levels: of the study's record.
        scores: variant to one score per seed, None for a run without one.

    Source: Montgomery, ch. 5; main effects as means over the other crossed factors.
    """
    pairings: dict[str, list[Pairing]] = {}
    for factor, label, level in placed(levels):
        of_factor = pairings.setdefault(factor, [])
        if not level.is_reference:
            against = _reference(levels, factor)
            sides = (mean_scores(cells_at(levels, {factor: name}), scores) for name in (label, against))
            level_S, reference_S = _common(*sides)
            pairing = Pairing(factor=factor, level=label, reference=against, level_S=level_S, reference_S=reference_S)
            of_factor.append(pairing)
    return pairings


def interactions(levels: Levels, scores: Scores) -> list[Pairing]:
    """Whether two levels together do what the sum of their single effects promises, for all pairs of crossed factors.

    For each seed the difference of differences (a, b) - (a, ref) - (ref, b) + (ref, ref), averaged over the cells of
    the remaining crossed factors. Better: together they gain more than that sum; worse: less; equivalent: they are
    additive within the margin. Holm's correction is over all interactions of the study.

    Args:
        levels: of the study's record.
        scores: variant to one score per seed, None for a run without one.

    Source: Montgomery, ch. 5 and 6. Differs: not halved, so that it is what the combination adds in the metric's units.
    """
    return [
        _interaction(levels, scores, (one, two), (a, b))
        for one, two in combinations(crossed_factors(levels), 2)
        for a, b in product(_varied(levels, one), _varied(levels, two))
    ]


def as_averages(contrasts: Sequence[Contrast], levels: Levels) -> list[Contrast]:
    """Contrasts of crossed factors, each with the factors that it is averaged over.

    A main effect also gets a caveat where that average hides an interaction (C10).

    Args:
        contrasts: of all factors, with the interactions.
        levels: of the study's record.

    Source: Montgomery, ch. 5; an interaction may mask main effects.
    """
    crossed = crossed_factors(levels)
    decided = [
        contrast.places(contrast.level)
        for contrast in contrasts
        if contrast.kind == "interaction" and contrast.verdict in ("better", "worse")
    ]
    return [
        replace(_masked(contrast, decided), averaged_over=_others(crossed, contrast))
        if contrast.kind == "interaction" or contrast.factor in crossed
        else contrast
        for contrast in contrasts
    ]


def _masked(contrast: Contrast, decided: Sequence[Mapping[str, str]]) -> Contrast:
    """With a caveat for a factor that interacts with others; `decided` are the places of decided interactions."""
    pairs = [places for places in decided if contrast.factor in places]
    partners = dict.fromkeys(name for places in pairs for name in places if name != contrast.factor)
    detail = f"{contrast.factor} interacts with {' and '.join(partners)}: the main effect is an average"
    return replace(contrast, caveats=(*contrast.caveats, caveat("C10", detail))) if partners else contrast


def _interaction(levels: Levels, scores: Scores, factors: tuple[str, str], labels: tuple[str, str]) -> Pairing:
    """A pairing whose difference is the interaction: the diagonal of the four cells against the other two."""
    references = tuple(_reference(levels, factor) for factor in factors)

    def at(*places: str) -> list[float | None]:
        return mean_scores(cells_at(levels, dict(zip(factors, places, strict=True))), scores)

    both, neither, one, two = _common(
        at(*labels), at(*references), at(labels[0], references[1]), at(references[0], labels[1])
    )
    return Pairing(
        kind="interaction",
        factor=TIMES.join(factors),
        level=TIMES.join(labels),
        reference=TIMES.join(references),
        level_S=list(_sums(both, neither)),
        reference_S=list(_sums(one, two)),
    )


def _sums(one: Sequence[float | None], two: Sequence[float | None]) -> Iterator[float | None]:
    for a, b in zip(one, two, strict=True):
        yield None if a is None or b is None else a + b


def _common(*scores: Sequence[float | None]) -> list[Sequence[float | None]]:
    """The scores of the seeds that all cells have; of a ladder some cells have more."""
    return [scores_S[: min(map(len, scores))] for scores_S in scores]


def _reference(levels: Levels, factor: str) -> str:
    return next(label for name, label, level in placed(levels) if name == factor and level.is_reference)


def _varied(levels: Levels, factor: str) -> list[str]:
    return [label for name, label, level in placed(levels) if name == factor and not level.is_reference]


def _others(crossed: Sequence[str], contrast: Contrast) -> tuple[str, ...]:
    return tuple(name for name in crossed if name not in contrast.places(contrast.level))
