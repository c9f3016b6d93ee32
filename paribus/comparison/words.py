"""A contrast as a sentence that can be quoted."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, isnan, log10

from paribus.comparison.verdicts import Contrast
from paribus.metric import metric_name, metric_of

_LINKS = {
    "better": "is better than",
    "worse": "is worse than",
    "equivalent": "is equivalent to",
    "undecided": "against",
}


def sentence(contrast: Contrast) -> str:
    """The verdict in words, with the number of seeds, the difference and its 95 % interval.

    Accuracies and F1 are given in percentage points, everything else as a number. Undecided says how many seeds would
    probably decide, equivalent names the margin.

    Args:
        contrast: as `judge_contrasts` returns it.
    """
    claim = _interaction if contrast.kind == "interaction" else _pair
    ending = f"; {_outlook(contrast)}" if contrast.verdict == "undecided" else ""
    over = f", on average over {_list(contrast.averaged_over)}" if contrast.averaged_over else ""
    return f"{claim(contrast)}{over}: {_evidence(contrast)}{_wins(contrast)}{ending}"


def hypothesis(contrast: Contrast) -> str:
    """What a contrast asks, before any number is known: that its difference is not 0.

    Args:
        contrast: as `judge_contrasts` returns it.
    """
    metric = metric_name(contrast.metric)
    over = f", on average over {_list(contrast.averaged_over)}" if contrast.averaged_over else ""
    if contrast.kind == "effect":
        level, reference = (f"{contrast.factor} {label}" for label in (contrast.level, contrast.reference))
        return f"{level} differs from {reference} in {metric}{over}"
    both, references = (
        _list(map(" ".join, contrast.places(of).items())) for of in (contrast.level, contrast.reference)
    )
    return f"{both} together differ in {metric} from the sum of their single effects, against {references}{over}"


def _pair(contrast: Contrast) -> str:
    name = f"{contrast.factor} of" if contrast.kind == "study" else contrast.factor
    pair = f"{name} {contrast.level} {_LINKS[contrast.verdict]} {name} {contrast.reference}"
    return pair + {"undecided": " is undecided", "equivalent": _within(contrast)}.get(contrast.verdict, "")


def _interaction(contrast: Contrast) -> str:
    """Whether two changes together do what the sum of their single effects promises."""
    both, references = (
        _list(map(" ".join, contrast.places(of).items())) for of in (contrast.level, contrast.reference)
    )
    if contrast.verdict == "undecided":
        return f"the interaction of {both} against {references} is undecided"
    if contrast.verdict == "equivalent":
        return f"{both} are additive{_within(contrast)}, against {references}"
    return f"{both} together do {contrast.verdict} than the sum of their single effects, against {references}"


def _wins(contrast: Contrast) -> str:
    """The share of seeds won, where the verdict rests on it."""
    if contrast.rule == "difference" or not contrast.n:
        return ""
    share, low, high = (100 * p for p in (contrast.p_superior, contrast.p_superior_low, contrast.p_superior_high))
    return f"; it wins {share:.0f} % of the seeds (95 % interval {low:.0f} to {high:.0f})"


def _within(contrast: Contrast) -> str:
    if contrast.rule == "wins":
        return " in the share of seeds won"
    scale, unit = _unit(contrast.metric)
    margin = contrast.margin * scale
    return f" within {margin:g}{unit.removesuffix('s') if margin == 1 else unit}"


def _list(names: Iterable[str]) -> str:
    return " and ".join(names)


def _evidence(contrast: Contrast) -> str:
    """The difference of the metric, then n and the interval in brackets."""
    n, low, high, difference = contrast.n, contrast.ci_low, contrast.ci_high, contrast.difference
    if n == 0:
        averaged = contrast.averaged_over or contrast.kind == "interaction"
        return "no seed has all the runs that it takes" if averaged else "no seed has a finished run of both"
    scale, unit = _unit(contrast.metric)
    decimals = _decimals(scale * difference, scale * (high - low) / 2)

    def size(value: float) -> str:
        return f"{abs(scale * value):.{decimals}f}"

    sides = ("higher", "lower", "the same")
    if contrast.kind == "interaction":
        sides = ("above the sum", "below the sum", "the same as the sum")
    change = f"{size(difference)}{unit} {sides[0 if difference > 0 else 1]}" if difference else sides[2]
    if n == 1:
        bracket = "n = 1 seed, no interval"
    elif low == high:
        bracket = f"n = {n} seeds, all alike"
    elif low * high > 0:
        near, far = sorted((low, high), key=abs)
        bracket = f"95 % interval {size(near)} to {size(far)}, n = {n} seeds"
    else:
        bracket = f"95 % interval {size(low)} lower to {size(high)} higher, n = {n} seeds"
    return f"{metric_name(contrast.metric)} {change} ({bracket})"


def _outlook(contrast: Contrast) -> str:
    """What it would take to decide."""
    if contrast.n < 2:
        return "at least 2 seeds are needed for an interval"
    if contrast.ci_low == contrast.ci_high:
        return "seeds that all differ by the same amount do not show how far to trust it"
    if contrast.rule == "wins":
        return (
            f"about {contrast.seeds_needed} seeds would be needed to decide"
            if contrast.seeds_needed
            else "it wins half"
        )
    num = f"about {contrast.seeds_needed}" if contrast.seeds_needed else "more than 1,000"
    decided = contrast.ci_low * contrast.ci_high > 0
    wider = "corrected for the other comparisons the interval includes 0, and " if decided else ""
    return f"{wider}{num} seeds would be needed to decide"


def _unit(score: str) -> tuple[float, str]:
    """The factor of a value, and the word after it."""
    metric = metric_of(score)
    return metric.scale, f" {metric.difference}" if metric.is_share else ""


def _decimals(difference: float, half_width: float) -> int:
    """Enough digits, 1 to 6, to show the first one of the interval's half width, or of the difference without one."""
    size = abs(difference) if isnan(half_width) or half_width == 0 else half_width
    return min(6, max(1, -floor(log10(size) + 1e-9))) if size else 1  # a 0.01 may be stored as a little less
