"""Write docs/studies/NAME.md from a stored study: scores, verdicts in words, time and machine.

usage: study_page.py NAME [--home HOME] [--output PAGE.md]

The page is made anew each time, but what is written by hand under its last heading is kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from paribus.comparison.caveats import CAVEATS
from paribus.execution import duration
from paribus.report.content import Content
from paribus.report.numbers import unit_of
from paribus.results.outcome import Outcome
from paribus.store import Store, home_directory
from paribus.store.records.study import SeriesRecord

BY_HAND = "## What this says of the notebook's claims"
PAGES = Path(__file__).parents[1] / "docs" / "studies"


def write_page(store: Store, name: str, target: Path) -> None:
    """Write the page of a stored study; one over several data sets has a part for each.

    Raises:
        StoreError: there is no such study.
    """
    record = store.study(name)
    parts = record.parts if isinstance(record, SeriesRecord) else (name,)
    kept = target.read_text(encoding="utf-8").partition(BY_HAND)[2].strip() if target.exists() else ""
    blocks = [f"# {name}", record.asked.question]
    blocks += [block for part in parts for block in _part(store, part)]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n\n".join([*filter(None, [*blocks, BY_HAND, kept])]) + "\n", encoding="utf-8")


def _part(store: Store, name: str) -> Iterator[str]:
    """The blocks of text about a study on one data set."""
    content = Outcome(store, name).content
    yield f"## {name.partition('.')[2] or content.record.data.name}"
    yield " ".join(content.headline())
    yield _scores(content)
    found: set[str] = set()
    for group in content.groups():
        yield f"### {group['factor']}"
        shared = {code for code, _ in group["shared"]}
        codes = [sorted(shared | {code for code, _ in entry["caveats"]}) for entry in group["entries"]]
        yield "\n".join(
            f"- **{entry['verdict']}**: {entry['text']}. {' '.join(doubts)}".rstrip()
            for entry, doubts in zip(group["entries"], codes, strict=True)
        )
        found.update(*codes)
    if found:
        yield "### Caveats"
        yield "\n".join(f"- {code}: {CAVEATS[code]}" for code in sorted(found))
    yield _made(content)


def _scores(content: Content) -> str:
    """One row per variant, the best first; where the metric is another, the accuracy stands beside it."""
    accuracy = content.tables.seeds.groupby("variant")["test_accuracy"].mean()
    beside = content.tables.metric != "accuracy"
    head = ["variant", f"{content.metric}, {content.unit.suffix}", "95 % interval", "validation"]
    rows = [
        [
            f"{row['name']}{' (best by validation)' * row['is_best']}",
            row["mean"],
            *row["cells"][:2],
            *([unit_of("accuracy").show(accuracy[row["name"]])] if beside else []),
            *row["cells"][3:5],
        ]
        for row in content.scores()
    ]
    return _table([*head, *["test accuracy, %"] * beside, "parameters", "seconds a run"], rows)


def _made(content: Content) -> str:
    """How long it took, and on what."""
    runs, found = content.tables.runs, content.record.environment
    time = duration(float(runs["seconds"].sum()))
    versions = ", ".join(f"{name} {found[name]}" for name in ("paribus", "torch", "numpy", "python"))
    return (
        f"{len(runs)} runs, {time} of training in all, on {found['cores']} cores of {found['processor']}; {versions}."
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write docs/studies/NAME.md from a stored study.")
    parser.add_argument("name")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args()
    page = asked.output or PAGES / f"{asked.name}.md"
    write_page(Store(home_directory(asked.home)), asked.name, page)
    print(page)
