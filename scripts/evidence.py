"""Write docs/design/evidence.md: what the verdicts promise, counted over simulated studies.

usage: evidence.py [--repetitions 2000] [--output PAGE.md]

The words of the page stand here, the figures are counted anew each time. It takes about five minutes of one core.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from paribus.comparison.statistics.intervals import Interval, bca_interval, t_interval
from paribus.comparison.statistics.power import t_test_power
from paribus.comparison.statistics.significance import holm, paired_t_p, sign_flip_p, step_down_levels
from paribus.comparison.verdicts import ALPHA, Verdict, judge
from paribus.planning.streams import stream

PAGE = Path(__file__).parents[1] / "docs" / "design" / "evidence.md"
SEEDS = (3, 5, 10, 29)
BCA_DRAWS = 1000
Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]


@dataclass(frozen=True)
class Noise:
    """How the scores of the runs of a level and of its reference scatter around their true values."""

    level: Draw
    reference: Draw
    deviation: float
    """Of the difference of two paired runs."""


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Normal, of deviation 1."""
    return rng.normal(size=shape)


def skewed(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Exponential with the long tail towards low scores, of deviation 1."""
    return 1 - rng.exponential(size=shape)


def tied(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Normal of deviation 1, rounded to whole numbers: 27 % of two runs are equal."""
    return np.round(rng.normal(size=shape))


def heavy(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Student's t with 3 degrees of freedom, shrunk to deviation 1."""
    return rng.standard_t(3, shape) / sqrt(3)


def calm(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Normal, of deviation 1/3."""
    return rng.normal(scale=1 / 3, size=shape)


NOISES = {
    "normal": Noise(normal, normal, sqrt(2)),
    "tied": Noise(tied, tied, sqrt(2 * (1 + 1 / 12))),
    "heavy-tailed": Noise(heavy, heavy, sqrt(2)),
    "skewed": Noise(skewed, skewed, sqrt(2)),
    "skewed, level only": Noise(skewed, calm, sqrt(1 + 1 / 9)),
}


def generator(*place: int | str) -> np.random.Generator:
    """A generator of its own for each place in the page."""
    return stream(0, "bootstrap", "evidence", *place)


def differences(noise: Noise, rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    """Paired differences of equal levels from the reference that they share, of mean 0 and deviation 1.

    Args:
        noise: of the runs.
        rng: where the scores come from.
        shape: number of studies, of levels, of seeds.

    Returns:
        Differences, shape (study, level, seed).
    """
    num, _, num_seeds = shape
    return (noise.level(rng, shape) - noise.reference(rng, (num, 1, num_seeds))) / noise.deviation


def half_width(num_seeds: int) -> float:
    """Half the width of the 95 % t interval of differences whose deviation is found to be 1."""
    return float(stats.t.ppf(1 - ALPHA / 2, num_seeds - 1)) / sqrt(num_seeds)


def rare_failure(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Gains of a level that loses 20 margins in one seed of twenty and else nearly nothing: 1 margin on average."""
    return rng.normal(scale=0.1, size=shape) - 20 * (rng.random(shape) < 0.05)


def verdicts(gain_KS: Array, margin: float) -> list[Verdict]:
    """The verdict on each level of one factor, as `compare_pairings` reaches it."""
    levels = step_down_levels([paired_t_p(gain_S) for gain_S in gain_KS])
    return [judge(gain_S, level=level, margin=margin) for gain_S, level in zip(gain_KS, levels, strict=True)]


def decided(found: Iterable[Verdict]) -> bool:
    """Whether any verdict claims a difference."""
    return any(verdict in ("better", "worse") for verdict in found)


def coverage(num: int) -> str:
    """How often the 95 % intervals hold the true mean."""
    rng = generator("bca")

    def bca(gain_S: Array) -> Interval:
        return bca_interval(gain_S, rng=rng, draws=BCA_DRAWS)

    rows = []
    for name, noise in NOISES.items():
        gains = [differences(noise, generator("coverage", name, n), (num, 1, n))[:, 0] for n in SEEDS]
        found = [[interval(gain_S) for gain_S in gain_DS] for interval in (t_interval, bca) for gain_DS in gains]
        covered = [_part(one.low <= 0 <= one.high for one in intervals) for intervals in found]
        rows.append([name, *_shares(covered, num, least=1 - ALPHA)])
    return _table(["noise", *_by_seeds("t"), *_by_seeds("BCa")], rows)


def family(num: int) -> str:
    """False alarms among four levels of one factor, without any difference and beside a real one."""
    rows = []
    for name, noise in NOISES.items():
        none, beside = [], []
        for n in SEEDS:
            gain_DKS = differences(noise, generator("family", name, n), (num, 4, n))
            none.append(_part(decided(verdicts(gain_KS, 0.1)) for gain_KS in gain_DKS))
            gain_DKS[:, 0] += 5
            beside.append(_part(decided(verdicts(gain_KS, 0.1)[1:]) for gain_KS in gain_DKS))
        rng = generator("sign flip", name)
        flips = [
            holm([sign_flip_p(gain_S, rng=rng) for gain_S in gain_KS]).min() <= ALPHA
            for gain_KS in differences(noise, rng, (num, 4, 10))
        ]
        rows.append([name, *_shares([*none, *beside, _part(flips)], num, most=ALPHA)])
    return _table(["noise", *_by_seeds("none"), *_by_seeds("beside one"), "sign flip, none, 10"], rows)


def single(num: int) -> str:
    """Wrong verdicts on one level: better though it is equal, equivalent though it is worse by the margin."""
    rows = []
    for name, noise in NOISES.items():
        gains = [differences(noise, generator("single", name, n), (num, 1, n))[:, 0] for n in SEEDS]
        better = [_claimed("better", gain_DS, 0.1) for gain_DS in gains]
        margins = [[size * half_width(n) for size in (0.75, 1, 1.5)] for n in SEEDS]
        equivalent = [
            max(_claimed("equivalent", gain_DS - margin, margin) for margin in tried)
            for gain_DS, tried in zip(gains, margins, strict=True)
        ]
        rows.append([name, *_shares([*better, *equivalent], num, most=ALPHA / 2)])
    rare = [_claimed("equivalent", rare_failure(generator("rare", n), (num, n)), 1) for n in SEEDS]
    rows.append(["one seed of 20 fails", *[""] * len(SEEDS), *_shares(rare, num, most=ALPHA / 2)])
    return _table(["noise", *_by_seeds("better"), *_by_seeds("equivalent")], rows)


def family_at_margin(num: int) -> str:
    """Any wrong equivalence among four levels that are all worse by exactly the margin."""
    rows = []
    for size in (0.75, 1, 1.5, 2):
        shares = []
        for n in SEEDS:
            margin = size * half_width(n)
            gain_DKS = differences(NOISES["normal"], generator("margin", n), (num, 4, n)) - margin
            shares.append(_part("equivalent" in verdicts(gain_KS, margin) for gain_KS in gain_DKS))
        rows.append([f"{size:g}", *_shares(shares, num, most=ALPHA)])
    return _table(["margin, in half widths", *map(str, SEEDS)], rows)


def same_again(num: int) -> str:
    """A/A studies: any difference claimed of 12 factors whose only level is the baseline under another name."""
    rows = []
    for name in ("normal", "skewed, level only"):
        gain_DKS = differences(NOISES[name], generator("same", name), (num, 12, 10))
        within = _part(decided(verdicts(gain_KS[[k]], 0.1)[0] for k in range(12)) for gain_KS in gain_DKS)
        whole = _part(decided(verdicts(gain_KS, 0.1)) for gain_KS in gain_DKS)
        rows.append([name, *_shares([within, whole], num, most=ALPHA)])
    alike = _part([decided(verdicts(np.zeros((12, 10)), 0.1))])
    rows.append(["none: the same runs", *_shares([alike] * 2, num, most=0)])
    return _table(["noise", "corrected within each factor", "corrected over the whole study"], rows)


def power(num: int) -> str:
    """How often a level that is better by twice the margin is found with 10 seeds."""
    rows = []
    for margin in (0.35, 0.5, 0.75, 1.0):
        gains = {name: differences(noise, generator("power", name), (num, 4, 10)) for name, noise in NOISES.items()}
        alone = [_claimed("better", gain_DKS[:, 0] + 2 * margin, margin) for gain_DKS in gains.values()]
        gains["normal"][:, 0] += 2 * margin
        among = _part(verdicts(gain_KS, margin)[0] == "better" for gain_KS in gains["normal"])
        computed = t_test_power(10, 2 * margin, 1 - ALPHA)
        needed = next(n for n in range(2, 1000) if t_test_power(n, 2 * margin, 1 - ALPHA) >= 0.8)
        shares = _shares([*alone, among], num, least=0.8)
        rows.append([f"{margin:g}", f"{100 * computed:.1f}", *shares, str(needed)])
    return _table(["margin", "normal, computed", *NOISES, "normal, among 4 levels", "seeds for 80 %"], rows)


TABLES: Mapping[str, Callable[[int], str]] = {
    "COVERAGE": coverage,
    "FAMILY": family,
    "SINGLE": single,
    "AT_MARGIN": family_at_margin,
    "SAME": same_again,
    "POWER": power,
}

WORDS = """\
# What the verdicts promise, counted

**Decision.** A promise about verdicts must be one that can be counted. `scripts/evidence.py` simulates studies whose
truth is known, lets the package judge them, counts how often it is wrong, and writes this page. `tests/theory` holds
what holds.

Errors and savings of a [ladder of seeds](seed-ladder.md) are counted in `tests/theory/test_repeated_looks.py`.

To count again: `python scripts/evidence.py`. It takes about five minutes of one core and gives the same figures each
time.

## What holds

Where the paired differences scatter evenly to both sides of their mean, be they normal, tied, heavy-tailed, or of runs
that are skewed alike in level and reference, the counts are within their error of the promises:

- The 95 % t interval holds the true difference in 95 % of studies or more, with 3 seeds as with 29.
- Among the levels of a factor that do not differ, a difference is claimed in 5 % of studies at most, also beside one
  that does.
- A level that is worse by exactly the margin is called equivalent in 2.5 % of studies at most, and any of four in 5 %
  at most.
- With 10 seeds, a gain of twice the margin is found in 80 % of studies if the margin is half the deviation of the
  paired differences or more, and the factor has one level beside its reference.

## What does not hold

- **A level whose runs now and then turn out bad, against a steady reference.** The few bad runs are often not among the
  seeds. Then the level looks better than it is, and its spread smaller. Among four such levels, false alarms are two to
  three times as frequent as promised. The error grows from 3 seeds to 10, and is not gone with 29. The sign-flip p is
  no remedy: it takes for granted that a difference is as likely to go up as down.
- **A level that fails rarely.** If one seed of 20 fails and costs the whole margin on average, most studies of 10 seeds
  see no failure and say equivalent. No test can know of what it has not seen. Look at the worst run, not at the verdict
  alone.
- **The whole study.** Verdicts are corrected within each factor. Of studies with 12 factors that do nothing, a third
  claim a difference somewhere. `family: study` brings that to 5 %. Without it a single *better* among many factors is a
  reason to repeat that factor with new seeds.
- **BCa intervals with few seeds.** They are too short, the more so the fewer seeds. So the verdict rests on t.
- **Power among several levels.** The correction has its price: among four levels, 10 seeds find little more than half
  of such gains if the margin is half a deviation. If it is 0.35 deviations, they miss half even where the level is
  alone.
- **Three seeds.** Their intervals are right where the noise is even, but reach 2.5 deviations to each side (5 seeds
  1.2, 10 seeds 0.7, 29 seeds 0.4). Little is ever decided.

## How it was counted

Each figure is a share in percent of REPETITIONS studies; a share of 5 % then has a standard error of ERROR points.
**Bold**: beyond the promise by more than four standard errors. The number in a column's head is that of the seeds.
Levels share the runs of their reference; what a seed gives to both sides of a pair cancels and is left out. All
differences and margins are in standard deviations of a paired difference.

| noise | runs of a level | runs of the reference |
| --- | --- | --- |
| normal | normal | the same |
| tied | normal, rounded to whole deviations: 27 % of pairs are equal | the same |
| heavy-tailed | Student's t with 3 degrees of freedom | the same |
| skewed | exponential, the long tail towards low scores | the same |
| skewed, level only | exponential, the long tail towards low scores | normal, of a third of the deviation |

## Coverage of the 95 % intervals

Promised: 95 %. BCa with BCA_DRAWS resamples, where the package draws 10,000.

COVERAGE

## Differences claimed where there are none

One factor with four levels beside its reference. *None*: no level differs on average. *Beside one*: one of the four
gains five deviations, and the other three are counted. Promised: at most 5 %. *Sign flip*: the smallest Holm-adjusted
sign-flip p is at most 0.05. With 3 or 5 seeds and four levels it never is, as C01 says; with 29 seeds it takes too long
to count.

FAMILY

## Wrong verdicts on a single level

*Better*: of a level that is equal on average. *Equivalent*: of a level that is worse by exactly the margin; the most of
three margins, 0.75, 1 and 1.5 times the half width of the interval, where such mistakes are most frequent. Promised: at
most 2.5 %. The last row is a level that loses 20 margins in one seed of 20, and else scatters with a tenth of the
margin.

SINGLE

## Any of four levels wrongly equivalent

Normal noise; all four are worse by exactly the margin. Promised: at most 5 %.

AT_MARGIN

## The baseline against itself

12 factors, each with the baseline under another name as its only level; 10 seeds; any claim of a difference in the
whole study. The package corrects within each factor; with `family: study` over all of them, the other column. Promised
for a family: at most 5 %. In the package the same recipe with the same seed is the same run: then all differences are
0, and all verdicts equivalent.

SAME

## Power

A gain of twice the margin, 10 seeds, found to be *better*. Wished for: at least 80 %. *Computed* is what `t_test_power`
says, for a level that is alone; *seeds for 80 %* by the same. In the column before the last, three levels without any
gain stand beside.

POWER
"""


def write_page(target: Path, num: int) -> None:
    """Count everything over `num` simulated studies and write the page."""
    numbers = {"REPETITIONS": f"{num:,}", "ERROR": f"{100 * sqrt(ALPHA * (1 - ALPHA) / num):.1f}"}
    text = WORDS
    for name, number in {**numbers, "BCA_DRAWS": f"{BCA_DRAWS:,}"}.items():
        text = text.replace(name, number)
    for name, count in TABLES.items():
        text = text.replace(f"\n{name}\n", f"\n{count(num)}\n")
    target.write_text(text, encoding="utf-8")


def _claimed(verdict: Verdict, gain_DS: Array, margin: float) -> float:
    """The share of studies of a factor with one level that come to `verdict`."""
    return _part(judge(gain_S, level=1 - ALPHA, margin=margin) == verdict for gain_S in gain_DS)


def _part(found: Iterable[bool]) -> float:
    return float(np.mean(list(found)))


def _by_seeds(title: str) -> list[str]:
    return [f"{title}, {n}" for n in SEEDS]


def _shares(shares: Iterable[float], num: int, *, most: float = 1.0, least: float = 0.0) -> list[str]:
    """In percent; bold where one is beyond the promise by more than four standard errors of the count."""
    above, below = (4 * sqrt(promise * (1 - promise) / num) for promise in (most, least))
    return [
        f"**{100 * share:.1f}**" if share > most + above or share < least - below else f"{100 * share:.1f}"
        for share in shares
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write docs/design/evidence.md: what the verdicts promise, counted.")
    parser.add_argument("--repetitions", type=int, default=2000)
    parser.add_argument("--output", type=Path, default=PAGE)
    asked = parser.parse_args()
    write_page(asked.output, asked.repetitions)
    print(asked.output)
