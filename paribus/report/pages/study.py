"""The report: one HTML file that needs no network."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from paribus.report.content import Content
from paribus.report.protocol import data_terms, design_terms, statistics
from paribus.report.tables.study import Tables
from paribus.spec.files import to_yaml
from paribus.store.records.study import StudyRecord
from paribus.store.writing import replaced

_CONFIG = {"displayModeBar": False, "responsive": True}


def write_page(target: Path, record: StudyRecord, tables: Tables, verdicts: Sequence[str], stamp: str = "") -> Path:
    """Write a study's report; nobody ever sees it half written.

    Args:
        target: the HTML file; its folders are made, and what was there is replaced.
        record: the study's.
        tables: from `load_tables`.
        verdicts: one sentence a row of `tables.contrasts`.
        stamp: of all that, to be known by again, see `is_page_of`.

    Returns:
        `target`, absolute.

    Raises:
        OSError: the file cannot be written.
    """
    return write_text(target, render_page(record, tables, verdicts) + ending(stamp))


def page_stamp(*what: Any) -> str:
    """A stamp of JSON values that a page shows, and of the extras that add to it."""
    extras = [find_spec(name) is not None for name in ("openTSNE", "cleanlab")]
    return hashlib.sha256(json.dumps([what, extras]).encode()).hexdigest()


def ending(stamp: str) -> str:
    """The end of a page with this stamp."""
    return f"<!-- made of {stamp} -->\n"


def is_page_of(stamp: str, target: Path) -> bool:
    """Whether the page that lies there was written to its end with this stamp."""
    end = ending(stamp).encode()
    with suppress(OSError), target.open("rb") as file:
        file.seek(-len(end), os.SEEK_END)
        return file.read() == end
    return False


def write_text(target: Path, page: str) -> Path:
    """Write a file that nobody ever sees half written, and return its absolute path."""
    target = target.absolute()
    with replaced(target, durable=False) as path:
        path.write_text(page, encoding="utf-8", errors="backslashreplace")
    return target


def render_page(record: StudyRecord, tables: Tables, verdicts: Sequence[str]) -> str:
    """The report as text; the arguments are those of `write_page`."""
    content = Content(record, tables, verdicts)
    study = to_yaml(record.spec)
    csv = {**tables.frames(), "runs": tables.runs, "variants": tables.variants, "classes": tables.classes}
    csv |= {"contrasts": tables.contrasts, "layers": tables.layers, "trials": tables.trials}
    csv |= {
        "confused": tables.confused,
        "wrong": tables.items.wrong,
        "wrong-items": tables.items.items,
        "suspects": tables.suspects,
    }
    csv |= {"churn": tables.items.churn, "test-set": tables.items.sample}
    return template("page.html").render(
        content=content,
        tables=tables,
        figures={name: div(name, figure) for name, figure in tables.figures().items()},
        csv={name: csv_link(frame) for name, frame in csv.items()},
        data_terms=data_terms(record, tables.scored),
        design_terms=design_terms(record, content.margin),
        statistics=statistics(record.asked),
        environment={**record.environment, **tables.engine},
        study=study,
        study_link=data_link(study, "application/yaml"),
        plotly=Markup(get_plotlyjs()),  # noqa: S704  (the library's own source)
    )


def template(name: str) -> Template:
    """A page to be filled in; a value that is missing is a mistake."""
    return _templates().get_template(name)


def div(name: str, figure: go.Figure) -> Markup:
    """The figure's element and script; Plotly writes `<`, `>` and `/` of its data as escapes."""
    return Markup(figure.to_html(_CONFIG, include_plotlyjs=False, full_html=False, div_id=f"figure-{name}"))  # noqa: S704


def csv_link(frame: pd.DataFrame) -> str:
    """The table as a link that downloads it."""
    texts = {name: frame[name].map("; ".join) for name in ("caveats", "averaged_over") if name in frame}
    return data_link(frame.assign(**texts).to_csv(index=False), "text/csv")


def data_link(text: str, kind: str) -> str:
    """The text as a link that downloads it."""
    content = text.encode(errors="backslashreplace")  # a home may hold what no study may say any more
    return f"data:{kind};charset=utf-8;base64,{base64.b64encode(content).decode()}"


@cache
def _templates() -> Environment:
    """Kept, as compiling the pages takes a tenth of a report's time."""
    rooms = PackageLoader("paribus.report", "templates")
    return Environment(loader=rooms, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
