"""Another rule for verdicts: not by how much a level differs, but in how many of its seeds it wins."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, isfinite

from paribus.comparison.caveats import caveat
from paribus.comparison.statistics.superiority import seeds_for_superiority
from paribus.comparison.verdicts import Contrast, Verdict

MEANINGFUL = 0.75
"""Smallest share of wins that is worth a claim."""
SEEDS = 29
"""What the rule was made for: seeds that find such a share in 95 of 100 studies."""
LEAST = 6
"""Seeds that a verdict takes: with fewer, a fair coin wins too often, and the interval of all won has no width."""
_OF_THE_DIFFERENCE = ("C01", "C06")
"""Caveats of the other rule's verdict."""


def judge_by_wins(contrast: Contrast) -> Contrast:
    """The contrast with the verdict of the rule of Bouthillier et al., uncorrected for other levels.

    Better: the interval of P(level > reference) lies above one half and reaches beyond 0.75; worse: the mirror image;
    equivalent: it lies within 0.25 and 0.75, so that neither side wins often enough to matter; else undecided, as are
    all with fewer than 6 seeds, of which not even a sign test at 0.05 can say anything.

    Args:
        contrast: as any rule leaves it.

    Source: Bouthillier et al. (2021), arXiv 2103.03098, section 5, with gamma = 0.75. Differs: a share above one half
    but not beyond gamma they call not meaningful; here it is equivalent, on whichever side of one half.
    """
    few = contrast.n < LEAST
    verdict = "undecided" if few else _verdict(contrast.p_superior_low, contrast.p_superior_high)
    doubts = {
        "C06": (verdict in ("better", "worse") and abs(contrast.difference) < contrast.margin, ""),
        "C17": (contrast.n < SEEDS, f"{contrast.n} seeds, of {SEEDS}"),
    }
    kept = [line for line in contrast.caveats if not line.startswith(_OF_THE_DIFFERENCE)]
    needed = seeds_for_superiority(contrast.p_superior) if contrast.n else float("nan")
    return replace(
        contrast,
        rule="wins",
        verdict=verdict,
        seeds_needed=max(SEEDS, ceil(needed)) if verdict == "undecided" and isfinite(needed) else None,
        caveats=(*kept, *(caveat(code, detail) for code, (applies, detail) in doubts.items() if applies)),
    )


def _verdict(low: float, high: float) -> Verdict:
    if low > 0.5 and high > MEANINGFUL:
        return "better"
    if high < 0.5 and low < 1 - MEANINGFUL:
        return "worse"
    return "equivalent" if low >= 1 - MEANINGFUL and high <= MEANINGFUL else "undecided"
