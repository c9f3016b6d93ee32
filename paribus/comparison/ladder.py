"""Seeds that grow: which variants need more for a verdict, and how many trainings that saved."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

from paribus.comparison.factorial import cells_at
from paribus.comparison.verdicts import Contrast
from paribus.spec.study import looks_of
from paribus.store.records.study import AskedStudy, LadderOfSeeds, StudyRecord


def seeds_wanted(record: StudyRecord, contrasts: list[Contrast]) -> dict[str, range]:
    """The further seeds of each variant that an undecided contrast waits for; empty where no more are needed.

    Args:
        record: of the study.
        contrasts: of its runs so far, as `contrasts_of` returns them.

    Source: Jennison & Turnbull (2000), Group Sequential Methods, ch. 2: one group of seeds more at each look.
    """
    have = _seeds_of(record)
    wanted = dict(have)
    for contrast in contrasts:
        if contrast.verdict == "undecided":
            cells = _cells(record, contrast)
            more = [look for look in looks_at(record.asked) if look > min(have[cell] for cell in cells)]
            wanted |= {cell: max(wanted[cell], more[0]) for cell in cells if more}
    return {name: range(have[name], count) for name, count in wanted.items() if count > have[name]}


def ladder_facts(record: StudyRecord) -> dict[str, Any] | None:
    """Looks of a study's ladder so far, and trainings that it took and saved; None without a ladder.

    Args:
        record: of the study.
    """
    looks = looks_at(record.asked)
    if len(looks) == 1:
        return None
    have, trained = _seeds_of(record), Counter(run.variant for run in record.runs)
    whole = sum(num // have[name] * looks[-1] for name, num in trained.items())  # with folds, several runs per seed
    taken = [look for look in looks if look <= max(have.values())]
    return {"looks": taken, "trained": trained.total(), "saved": whole - trained.total()}


def ladder_sentence(record: StudyRecord) -> str:
    """What the ladder did, in words; empty without one."""
    facts = ladder_facts(record)
    if facts is None:
        return ""
    looks = ", ".join(map(str, facts["looks"]))
    trained, whole = facts["trained"], facts["trained"] + facts["saved"]
    most = looks_at(record.asked)[-1]
    return (
        f"Verdicts were looked for at {looks} seeds, and only what was undecided got more: {trained} trainings in "
        f"place of {whole}. Intervals and verdicts are corrected for all looks up to {most} seeds."
    )


def looks_at(asked: AskedStudy) -> tuple[int, ...]:
    """Numbers of seeds at which the verdicts of a study are drawn, in rising order; one of them without a ladder."""
    seeds = asked.seeds
    return looks_of(vars(seeds) if isinstance(seeds, LadderOfSeeds) else list(seeds))


def _seeds_of(record: StudyRecord) -> dict[str, int]:
    """How many seeds each variant has; they are 0, 1, 2 and so on."""
    seeds = {(run.variant, run.seed) for run in record.runs}
    return {name: sum(variant == name for variant, _ in seeds) for name in record.variants}


def _cells(record: StudyRecord, contrast: Contrast) -> list[str]:
    """The variants that a contrast is made of."""
    one, two = contrast.places(contrast.level), contrast.places(contrast.reference)
    ways = product(*((one[factor], two[factor]) for factor in one))
    return [cell for way in ways for cell in cells_at(record.levels, dict(zip(one, way, strict=True)))]
