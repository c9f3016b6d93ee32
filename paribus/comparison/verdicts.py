"""Contrasts: each level of a factor against its reference, paired by seed, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, isnan, nan
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from paribus.comparison.caveats import caveat
from paribus.comparison.statistics.intervals import bca_interval, deviation, t_interval
from paribus.comparison.statistics.power import seeds_needed
from paribus.comparison.statistics.sequential import nominal_level, overall_p
from paribus.comparison.statistics.significance import holm, paired_t_p, sign_flip_p, smallest_p, step_down_levels
from paribus.comparison.statistics.superiority import p_superior
from paribus.errors import SpecError
from paribus.planning.streams import stream
from paribus.spec.design import TIMES

ALPHA = 0.05

Verdict = Literal["better", "worse", "equivalent", "undecided"]
Kind = Literal["effect", "interaction", "study"]
FAMILY: dict[Kind, str] = {"effect": "levels", "interaction": "interactions", "study": "variants"}
"""What contrasts are judged, and corrected, together."""
Scores = Mapping[str, Sequence[float | None]]


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """One level against its factor's reference, paired by seed; or an interaction, two levels of two factors together.

    Of kind `study` it is one study against another: `factor` names the variant, `level` and `reference` the studies.

    `difference` and all intervals are level minus reference in the metric's own units, so a lower loss is a negative
    difference; `verdict` and `p_superior` know which direction is good. `ci` is the 95 % paired t interval, `bca` the
    95 % bootstrap interval (of a ladder of seeds both hold at all its looks together), `adjusted` the t interval
    corrected for the factor's other levels (an interaction's, for the study's other interactions; with `family: study`
    for all its other contrasts), which the verdict rests on unless the rule is `wins`. `p_value` is the sign-flip p,
    `p_adjusted` the same after Holm's correction. What cannot be computed is nan. `averaged_over` names the crossed
    factors over whose levels the difference is a mean.
    """

    factor: str
    level: str
    reference: str
    metric: str
    margin: float
    n: int
    difference: float
    ci_low: float
    ci_high: float
    bca_low: float
    bca_high: float
    adjusted_low: float
    adjusted_high: float
    p_value: float
    p_adjusted: float
    p_superior: float
    p_superior_low: float
    p_superior_high: float
    verdict: Verdict
    seeds_needed: int | None
    caveats: tuple[str, ...] = ()
    kind: Kind = "effect"
    averaged_over: tuple[str, ...] = ()
    rule: Literal["difference", "wins"] = "difference"

    def places(self, label: str) -> dict[str, str]:
        """The level of each factor that `label`, which is `level` or `reference`, stands for: two of an interaction."""
        if self.kind != "interaction":
            return {self.factor: label}
        return dict(zip(self.factor.split(TIMES), label.split(TIMES), strict=True))


def contrast_of(values: Mapping[str, Any]) -> Contrast:
    """The contrast from JSON values as `asdict` gives them; JSON has turned its tuples into lists."""
    return replace(Contrast(**values), caveats=tuple(values["caveats"]), averaged_over=tuple(values["averaged_over"]))


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """What is to be compared, one score per seed each, and what its contrast will be called."""

    factor: str
    level: str
    reference: str
    level_S: Sequence[float | None]
    reference_S: Sequence[float | None]
    kind: Kind = "effect"

    def first(self, num_seeds: int) -> Pairing:
        """The pairing of the first seeds alone."""
        return replace(self, level_S=self.level_S[:num_seeds], reference_S=self.reference_S[:num_seeds])


@dataclass(frozen=True)
class _Pairs:
    """Scores of the seeds for which both runs finished, shape (seed,), and their differences in rising order."""

    level_S: NDArray[np.float64]
    reference_S: NDArray[np.float64]
    diff_S: NDArray[np.float64]


@dataclass(frozen=True)
class _Question:
    """What contrasts that are judged together share; `sign` turns a difference into a gain."""

    metric: str
    margin: float
    sign: float
    looks: tuple[int, ...]


def compare_in_looks(
    pairings: Sequence[Pairing], looks: Sequence[int], *, metric: str, margin: float, higher_is_better: bool
) -> list[Contrast]:
    """Judge pairings along a ladder of seeds: only what is undecided at one look is judged again at the next.

    What was decided stays decided, whatever seeds its runs have got for the sake of others.

    Args:
        pairings: with a score for every seed that both sides have so far.
        looks: numbers of seeds at which verdicts are drawn, in rising order; one of them without a ladder.
        metric: as for `compare_pairings`, like the following.
        margin: the smallest difference that matters.
        higher_is_better: False for a loss.

    Source: Maurer & Bretz (2013), "Multiple testing in group sequential trials using graphical approaches", of which
    Holm's procedure is a case.
    """
    sizes = [looks[0]] * len(pairings)
    while True:
        cut = [pairing.first(size) for pairing, size in zip(pairings, sizes, strict=True)]
        contrasts = compare_pairings(cut, metric=metric, margin=margin, higher_is_better=higher_is_better, looks=looks)
        grown = [
            next((look for look in looks if size < look <= len(pairing.level_S)), size)
            if contrast.verdict == "undecided"
            else size
            for pairing, size, contrast in zip(pairings, sizes, contrasts, strict=True)
        ]
        if grown == sizes:
            return contrasts
        sizes = grown


def compare_pairings(
    pairings: Sequence[Pairing],
    *,
    metric: str,
    margin: float,
    higher_is_better: bool,
    looks: Sequence[int] = (1,),
) -> list[Contrast]:
    """Judge pairings together: each verdict is corrected for the others, and for all looks that are taken.

    Neither the order of the pairings nor that of the seeds changes a number.

    Args:
        pairings: what to judge; a pair of which a score is None, or not finite, is left out.
        metric: what the scores are, for the record.
        margin: the smallest difference that matters, in the metric's units; 0 for none.
        higher_is_better: False for a loss.
        looks: numbers of seeds at which the same question is asked, this one among them. With more than one `ci` and
            `bca` are wide enough to hold at all of them together.

    Raises:
        SpecError: the margin is negative or not finite.

    Source: Holm (1979) over the paired t tests, step down; Schuirmann (1987) for equivalence; Pocock (1977) for more
    than one look. Differs: equivalence is judged by the interval that the verdict rests on, wider than TOST's at the
    same alpha.
    """
    if not 0 <= margin < inf:
        raise SpecError(f"The margin is {margin}; it must be 0 or a positive number in the units of the metric.")
    question = _Question(metric, margin, 1.0 if higher_is_better else -1.0, tuple(looks))
    pairs = [_pair(pairing.level_S, pairing.reference_S) for pairing in pairings]
    confidences = step_down_levels([_overall_t_p(pair, looks) for pair in pairs], ALPHA).tolist()
    drafts = [
        _measure(question, pairing, pair, nominal_level(confidence, looks))
        for pairing, pair, confidence in zip(pairings, pairs, confidences, strict=True)
    ]
    adjusted = holm([overall_p(draft.p_value, looks) for draft in drafts]).tolist()
    num_tested = sum(draft.n > 0 for draft in drafts)
    return [
        replace(draft, p_adjusted=p, caveats=_caveats(draft, len(pairing.level_S), num_tested, looks))
        for pairing, draft, p in zip(pairings, drafts, adjusted, strict=True)
    ]


def judge(gain_S: ArrayLike, *, level: float, margin: float) -> Verdict:
    """The verdict that the t interval of the mean gain supports.

    Gains that are all the same but not 0 stay undecided: an interval of zero width is no evidence of infinite
    precision. Gains that are all 0 are equivalent, whatever the margin above 0.

    Args:
        gain_S: paired differences where positive is better, shape (seed,).
        level: confidence of the interval, after correction for the factor's other levels.
        margin: the smallest difference that matters; 0 for none, and nothing is equivalent.
    """
    gains = np.asarray(gain_S, dtype=np.float64)
    interval = t_interval(gains, level)
    if deviation(gains) == 0 and gains.any():
        return "undecided"
    if interval.low > 0:
        return "better"
    if interval.high < 0:
        return "worse"
    return "equivalent" if -margin < interval.low and interval.high < margin else "undecided"


def _pair(level: Sequence[float | None], reference: Sequence[float | None]) -> _Pairs:
    both = np.array([level, reference], dtype=np.float64)  # None becomes nan
    level_S, reference_S = both[:, np.isfinite(both).all(axis=0)]
    same_S = np.isclose(level_S, reference_S, rtol=1e-12, atol=0)  # but for the rounding of a mean
    reference_S[same_S] = level_S[same_S]
    return _Pairs(level_S, reference_S, np.sort(level_S - reference_S))


def _overall_t_p(pair: _Pairs, looks: Sequence[int]) -> float:
    """The p value over all looks; on a ladder 1 where there is none yet, as more seeds may give one."""
    p = overall_p(paired_t_p(pair.diff_S), looks)
    waits = len(looks) > 1 and isnan(p) and (not len(pair.diff_S) or pair.diff_S.any())
    return 1.0 if waits else p


def _measure(question: _Question, pairing: Pairing, pair: _Pairs, confidence: float) -> Contrast:
    """The contrast of one pairing, but for what depends on the other pairings' p values."""

    def rng(purpose: str) -> np.random.Generator:
        return stream(0, "bootstrap", pairing.factor, pairing.level, purpose)

    diff_S, sign, margin = pair.diff_S, question.sign, question.margin
    level = nominal_level(1 - ALPHA, question.looks)
    ci, adjusted = t_interval(diff_S, level), t_interval(diff_S, confidence)
    bca = bca_interval(diff_S, rng=rng("bca"), level=level)
    superior, between = p_superior(sign * pair.level_S, sign * pair.reference_S, rng=rng("superior"))
    verdict = judge(sign * diff_S, level=confidence, margin=margin)
    return Contrast(
        kind=pairing.kind,
        factor=pairing.factor,
        level=pairing.level,
        reference=pairing.reference,
        metric=question.metric,
        margin=margin,
        n=len(diff_S),
        difference=float(diff_S.mean()) if len(diff_S) else nan,
        ci_low=ci.low,
        ci_high=ci.high,
        bca_low=bca.low,
        bca_high=bca.high,
        adjusted_low=adjusted.low,
        adjusted_high=adjusted.high,
        p_value=sign_flip_p(diff_S, rng=rng("flip")),
        p_adjusted=nan,
        p_superior=superior,
        p_superior_low=between.low,
        p_superior_high=between.high,
        verdict=verdict,
        seeds_needed=seeds_needed(diff_S, margin, confidence) if verdict == "undecided" else None,
    )


def _caveats(contrast: Contrast, num_seeds: int, num_tested: int, looks: Sequence[int]) -> tuple[str, ...]:
    n, least = contrast.n, overall_p(smallest_p(contrast.n), looks)
    corrected = f", corrected for {num_tested} comparisons {min(1, least * num_tested):.4g}" if num_tested > 1 else ""
    decided = contrast.verdict in ("better", "worse")
    doubts = {
        "C01": (
            n > 1 and least * num_tested > ALPHA,
            f"with {n} seeds a sign-flip p is at least {least:.4g}{corrected}",
        ),
        "C02": (n < num_seeds, f"{num_seeds - n} of {num_seeds} pairs lack a finished run"),
        "C06": (decided and abs(contrast.difference) < contrast.margin, ""),
        "C07": (contrast.ci_low == contrast.ci_high, ""),
        "C08": (n == 1, ""),
    }
    return tuple(caveat(code, detail) for code, (applies, detail) in doubts.items() if applies)
