"""The report: one HTML file that needs no network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from paribus.report.content import Content
from paribus.report.figures.classes import mistakes
from paribus.report.gallery import SECTIONS, figures, frames
from paribus.report.pages.html import csv_link, data_link, div, ending, template, write_text
from paribus.report.protocol import data_terms, design_terms, statistics_terms
from paribus.report.tables.study import Tables
from paribus.spec.files import to_yaml
from paribus.store.records.study import StudyRecord


def write_page(target: Path, record: StudyRecord, tables: Tables, verdicts: Sequence[str], stamp: str = "") -> Path:
    """Write a study's report; nobody ever sees it half written.

    Args:
        target: the HTML file; its folders are made, and what was there is replaced.
        record: the study's.
        tables: from `load_tables`.
        verdicts: one sentence per row of `tables.contrasts`.
        stamp: of all that, to be known by again, see `is_page_of`.

    Returns:
        `target`, absolute.

    Raises:
        OSError: the file cannot be written.
    """
    return write_text(target, render_page(record, tables, verdicts) + ending(stamp))


def render_page(record: StudyRecord, tables: Tables, verdicts: Sequence[str]) -> str:
    """The report as text; the arguments are those of `write_page`."""
    content = Content(record, tables, verdicts)
    study, shown = to_yaml(record.spec), frames(tables)
    return template("page.html").render(
        content=content,
        tables=tables,
        sections=SECTIONS,
        figures={name: div(name, figure) for name, figure in figures(tables, shown).items()},
        mistakes=mistakes.listed(shown["mistakes"]) if "mistakes" in shown else None,
        csv={name: csv_link(frame) for name, frame in {**shown, **_downloads(tables)}.items()},
        data_terms=data_terms(record, tables.scored),
        design_terms=design_terms(record, content.margin),
        statistics=statistics_terms(record.asked),
        environment={**record.environment, **tables.engine},
        study=study,
        study_link=data_link(study, "application/yaml"),
        plotly=Markup(get_plotlyjs()),  # noqa: S704  (the library's own source)
    )


def _downloads(tables: Tables) -> dict[str, pd.DataFrame]:
    """Whole tables that the page links, beside those of the figures."""
    return {
        "runs": tables.runs,
        "variants": tables.variants,
        "classes": tables.classes,
        "contrasts": tables.contrasts,
        "layers": tables.layers,
        "trials": tables.trials,
        "confused": tables.confused,
        "wrong": tables.items.wrong,
        "wrong-items": tables.items.items,
        "suspects": tables.suspects,
        "churn": tables.items.churn,
        "test-set": tables.items.sample,
    }
