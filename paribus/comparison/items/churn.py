"""How many test items a level changes the answer to, beside what another seed alone changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import nan

import numpy as np

from paribus.comparison.factorial import Levels, cells_at, placed
from paribus.evaluation.items import Answers, churn, seed_churn


@dataclass(frozen=True)
class Churn:
    """Shares of the test items whose predicted class differs; nan where there are no two runs to compare.

    Args:
        factor: whose levels are compared.
        level: one of them.
        reference: the one that it is compared with.
        pairs: of runs, one of the level and one of the reference, equal in all else.
        churn: between the level and its reference, mean over the pairs.
        seed_churn: between two seeds of the reference, mean over all of these.
    """

    factor: str
    level: str
    reference: str
    pairs: int
    churn: float
    seed_churn: float


def churns(levels: Levels, answers: Answers) -> list[Churn]:
    """The churn of each level against its factor's reference, in the order of the study.

    A level of a crossed factor is compared variant by variant, each with the one that differs in this factor alone.

    Args:
        levels: of the study's record.
        answers: of its runs.

    Source: Milani Fard et al. (2016), "Launch and Iterate: Reducing Prediction Churn". Differs: another seed is the
    yardstick.
    """
    references = {factor: label for factor, label, level in placed(levels) if level.is_reference}

    @cache  # as many levels share a reference
    def by_seed(variant: str) -> list[float]:
        return seed_churn(answers.classes[variant])

    rows: list[Churn] = []
    for factor, label, level in placed(levels):
        if not level.is_reference and factor in references:
            cells, others = (cells_at(levels, {factor: at}) for at in (label, references[factor]))
            sides = zip(cells, others, strict=True)
            changed = [share for a, b in sides for share in churn(answers.classes[a], answers.classes[b])]
            by_chance = [share for name in others for share in by_seed(name)]
            rows.append(Churn(factor, label, references[factor], len(changed), _mean(changed), _mean(by_chance)))
    return rows


def _mean(shares: Sequence[float]) -> float:
    return float(np.mean(shares)) if shares else nan
