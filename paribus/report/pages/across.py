"""The page of a study over several data sets: the outcome of each, side by side, and links to their own pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from paribus.freezing import frozen_sentence
from paribus.report.content import Content
from paribus.report.figures.across import CONTRASTS, SCORES
from paribus.report.numbers import MISSING, unit_of
from paribus.report.pages.html import csv_link, data_link, div, template
from paribus.report.tables import across as frames
from paribus.spec.files import to_yaml

Contents = Mapping[str, Content]
"""What the page of each data set says, by the data set's name."""


def render(spec: Mapping[str, Any], contents: Contents, links: Mapping[str, str]) -> str:
    """The page as text.

    Args:
        spec: of the whole study, as the store keeps it.
        contents: of the pages of its data sets.
        links: addresses of those pages, by data set.
    """
    parts = {data: content.tables for data, content in contents.items()}
    scores, contrasts, best = frames.scores(parts), frames.contrasts(parts), frames.best(parts)
    csv = {"scores": scores, "contrasts": contrasts, "best": best}
    study = to_yaml(dict(spec))
    return template("across.html").render(
        spec=spec,
        contents=contents,
        links=links,
        one=next(iter(contents.values())),
        scores=_grid(scores, "variant", contents, _score),
        verdicts=_grid(_titled(contrasts), "title", contents, _verdict),
        best=[_best(row, contents[row["data"]]) for row in best.to_dict("records")],
        figures={name: div(name, figure) for name, figure in figures(parts).items()},
        captions={figure.name: figure.caption_of(contents) for figure in (SCORES, CONTRASTS)},
        csv={name: csv_link(frame) for name, frame in csv.items() if len(frame)},
        frozen=frozen_sentence(next(iter(contents.values())).record.frozen),
        study=study,
        study_link=data_link(study, "application/yaml"),
        plotly=Markup(get_plotlyjs()),  # noqa: S704  (the library's own source)
    )


def figures(parts: frames.Parts) -> dict[str, go.Figure]:
    """The figures by name: the scores, and the contrasts where there are any."""
    made = {figure.name: (figure, figure.table(parts)) for figure in (SCORES, CONTRASTS)}
    drawn = {name: figure.draw(table, parts) for name, (figure, table) in made.items() if len(table)}
    return {name: figure for name, figure in drawn.items() if figure is not None}


def _grid(frame: pd.DataFrame, key: str, contents: Contents, cell: Any) -> dict[str, list[dict[str, Any] | None]]:
    """Rows by name, each with one cell per data set; None where that data set has no such row."""
    cells_by_row: dict[str, dict[str, Any]] = {}
    for row in frame.to_dict("records"):
        cells_by_row.setdefault(row[key], {})[row["data"]] = cell(row, contents[row["data"]])
    return {name: [cells.get(data) for data in contents] for name, cells in cells_by_row.items()}


def _titled(contrasts: pd.DataFrame) -> pd.DataFrame:
    if contrasts.empty:
        return contrasts
    return contrasts.assign(title=frames.titles(contrasts))


def _score(row: Mapping[Any, Any], content: Content) -> dict[str, Any]:
    return {
        "mean": content.unit.show(row["mean"]),
        "interval": content.unit.between(row["ci_low"], row["ci_high"]),
        "rank": MISSING if pd.isna(row["rank"]) else row["rank"],
        "best": row["best"],
    }


def _verdict(row: Mapping[Any, Any], content: Content) -> dict[str, Any]:
    unit = content.unit.of_difference
    gain = unit.show(row["difference"])
    return {
        "verdict": row["verdict"],
        "difference": f"+{gain}" if row["difference"] > 0 else gain,
        "interval": unit.between(row["ci_low"], row["ci_high"]),
    }


def _best(row: Mapping[Any, Any], content: Content) -> list[str]:
    chosen = "" if row["by_validation"] or row["variant"] is None else " (first of the plan)"
    return [
        f"{row['variant'] or MISSING}{chosen}",
        content.unit.show(row["validation"]),
        content.unit.show(row["mean"]),
        content.unit.between(row["ci_low"], row["ci_high"]),
        unit_of("accuracy").show(row["gap"]),
        row["hardest"] or MISSING,
    ]
