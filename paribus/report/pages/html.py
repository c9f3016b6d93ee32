"""What all pages share: templates, elements, links, and how a page is written and recognized."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from paribus.store.writing import replaced

_CONFIG = {"displayModeBar": False, "responsive": True}


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
    """Cached, as compiling the pages takes a tenth of a report's time."""
    loader = PackageLoader("paribus.report", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
