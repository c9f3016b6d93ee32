"""A study's whole outcome from its stored rows, as JSON values: what `paribus show --json` prints."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from paribus.comparison.caveats import caveat, early_best, late_best
from paribus.comparison.factorial import as_averages, cells_at, effects, interactions
from paribus.comparison.ladder import ladder_facts, seeds_wanted
from paribus.comparison.searched import search_caveats
from paribus.comparison.sources import SourceSpread, plain_spreads, source_spreads
from paribus.comparison.verdicts import Contrast, compare_in_looks
from paribus.comparison.winning import judge_by_wins
from paribus.spec.study import looks_of
from paribus.store.tables import RunRow

Folds = list[RunRow | None]
"""The runs of one variant and seed: one, or one a fold; None where a run is not stored."""


def summarize(
    record: Mapping[str, Any], rows: Mapping[str, RunRow], contrasts: list[Contrast] | None = None
) -> dict[str, Any]:
    """Variants, runs and contrasts of a study, in the order of its plan; its frozen plan and its search, if any.

    Args:
        record: of the study, as the store keeps it.
        rows: its stored runs by key; a run that is not among them counts as interrupted.
        contrasts: what `contrasts_of` makes of them, where that is known.

    Returns:
        JSON values; a number that does not exist is null.
    """
    runs = planned_runs(record, rows)
    contrasts = contrasts_of(record, rows) if contrasts is None else contrasts
    complete = all(run["status"] != "interrupted" for run in runs) and not seeds_wanted(record, contrasts)
    variants = [
        {
            "name": name,
            "factor": level["factor"],
            "level": level["label"],
            **record["variants"][name],
        }
        for level in record["levels"]
        for name in level["variants"]
    ]
    return {
        "study": record["spec"]["name"],
        "status": "finished" if complete else "interrupted",
        "variants": variants,
        "runs": runs,
        "contrasts": [plain(contrast) for contrast in contrasts],
        "frozen": _frozen(record.get("frozen")),
        "search": record.get("tuning"),
        "ladder": ladder_facts(record),
        "sources": plain_spreads(spreads_of(record, rows)),
    }


def _frozen(entry: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What was frozen before the study ran, without the whole document."""
    return None if entry is None else {key: value for key, value in entry.items() if key != "content"}


def contrasts_of(record: Mapping[str, Any], rows: Mapping[str, RunRow]) -> list[Contrast]:
    """Every level against its factor's reference, then interactions of crossed factors; on the test set, by seed.

    Of a ladder each contrast stands at the look that decided it, or at the last one that there are runs for.
    """
    metric: str = record["spec"]["metric"]
    terms: dict[str, Any] = {
        "metric": f"test_{metric}",
        "margin": record["spec"]["margin"],
        "higher_is_better": metric != "loss",
    }
    by_variant = {name: list(seeds.values()) for name, seeds in runs_of(record, rows).items()}
    scores = _scores(record, rows)
    families = [*effects(record["levels"], scores).values(), interactions(record["levels"], scores)]
    if record["spec"].get("family") == "study":
        families = [[pairing for family in families for pairing in family]]
    looks = looks_of(record["spec"]["seeds"])
    found = [contrast for family in families for contrast in compare_in_looks(family, looks, **terms)]
    if record["spec"].get("rule") == "wins":
        found = [judge_by_wins(contrast) for contrast in found]
    contrasts = as_averages(found, record["levels"])
    return [_doubted(contrast, by_variant, record) for contrast in contrasts]


def spreads_of(record: Mapping[str, Any], rows: Mapping[str, RunRow]) -> list[SourceSpread]:
    """How much each source of randomness moves the test metric, where the study varies one at a time."""
    return source_spreads(record, _scores(record, rows))


def _scores(record: Mapping[str, Any], rows: Mapping[str, RunRow]) -> dict[str, list[float | None]]:
    """One test score a seed of each variant; None where it did not finish."""
    metric = record["spec"]["metric"]
    return {
        name: [seed_score(folds, metric) for folds in seeds.values()] for name, seeds in runs_of(record, rows).items()
    }


def runs_of(record: Mapping[str, Any], rows: Mapping[str, RunRow]) -> dict[str, dict[int, Folds]]:
    """The runs of each seed of each variant, by variant, then by seed, whatever the order of the record's runs."""
    found: dict[str, dict[int, Folds]] = {name: {} for name in record["variants"]}
    for run in record["runs"]:
        found[run["variant"]].setdefault(run["seed"], []).append(rows.get(run["key"]))
    return {name: dict(sorted(by_seed.items())) for name, by_seed in found.items()}


def seed_score(folds: Folds, metric: str) -> float | None:
    """A seed's score: the mean over its folds, which share training rows and so are no units of their own."""
    scores = [row.metrics.get(f"test_{metric}") if row else None for row in folds]
    known = [score for score in scores if score is not None]
    return sum(known) / len(known) if len(known) == len(scores) else None


def _doubted(contrast: Contrast, by_variant: Mapping[str, list[Folds]], record: Mapping[str, Any]) -> Contrast:
    """Add the caveats that come from training and data rather than from the scores."""
    sides: dict[str, list[Folds]] = {}
    for level in (contrast.level, contrast.reference):
        places = contrast.places(level)
        name = " and ".join(map(" ".join, places.items()))
        sides[name] = [folds for cell in cells_at(record["levels"], places) for folds in by_variant[cell]]
    quick = [caveat("C14")] if record["spec"].get("quick_look") else []
    doubts = [*run_doubts(sides), *search_caveats(contrast, record), *quick, *data_doubts(record["dataset"])]
    return replace(contrast, caveats=(*contrast.caveats, *doubts))


def run_doubts(sides: Mapping[str, Iterable[Folds]]) -> list[str]:
    """Caveats that come from how the runs of the two sides of a contrast, named in words, were trained."""
    caveats: list[str] = []
    chosen_by_test = False
    for name, seeds in sides.items():
        done = [row for folds in seeds for row in folds if row and row.status == "finished"]
        chosen_by_test |= any(row.recipe["data"]["validation"] == "test" for row in done)
        best = [row.best_epoch if _validated(row.recipe) else None for row in done]
        epochs = [row.recipe["epochs"] for row in done]
        for code, part, applies in (("C03", "last", late_best), ("C16", "first", early_best)):
            if applies(best, epochs):
                caveats.append(caveat(code, f"most runs of {name} were best in the {part} tenth of their epochs"))
    return caveats + ([caveat("C05")] if chosen_by_test else [])


def _validated(recipe: Mapping[str, Any]) -> bool:
    """Whether the best epoch is one of validation; that of the training loss is nearly always the last."""
    return bool(recipe["data"]["validation"]) and recipe.get("monitor") != "train_loss"


def data_doubts(dataset: Mapping[str, Any]) -> list[str]:
    """Caveats that come from a study's data, as its record describes them."""
    overlap = dataset["overlap"]
    known = [caveat("C04", f"{overlap} test items are also in the training data")] if overlap else []
    return known + [caveat("C09", note) for note in dataset.get("notes", ())]


def planned_runs(record: Mapping[str, Any], rows: Mapping[str, RunRow]) -> list[dict[str, Any]]:
    """Every planned run with how it ended, as JSON values, in the order of the plan."""
    return [_run(planned, rows.get(planned["key"])) for planned in record["runs"]]


def _run(planned: Mapping[str, Any], row: RunRow | None) -> dict[str, Any]:
    empty: dict[str, Any] = {"status": "interrupted", "epochs": 0, "best_epoch": 0, "seconds": 0.0, "metrics": {}}
    if row is None:
        return {**planned, **empty}
    return {
        **planned,
        "status": row.status,
        "epochs": row.epochs,
        "best_epoch": row.best_epoch,
        "seconds": row.time_s,
        "metrics": dict(sorted(row.metrics.items())),
    }


def plain(contrast: Contrast) -> dict[str, Any]:
    """A contrast as JSON values; a number that does not exist is null."""
    values = asdict(contrast).items()
    return {key: None if isinstance(v, float) and not math.isfinite(v) else v for key, v in values}
