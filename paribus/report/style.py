"""What all figures share: colours, type, margins, labels."""

from __future__ import annotations

import html
import re
import textwrap
from typing import Any

import plotly.graph_objects as go

INK, PALE, GRID = "#222222", "#6b6b6b", "#e6e6e6"
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#8c7a00")
"""Seven colours that colour-blind readers tell apart.

Source: Okabe & Ito (2008), "Color Universal Design". Differs: a darker yellow, which would be lost on white paper.
"""

VERDICT_STYLES = {
    "better": ("#009E73", "triangle-up"),
    "worse": ("#D55E00", "triangle-down"),
    "equivalent": ("#0072B2", "square"),
    "undecided": ("#767676", "circle-open"),
}
"""Colour and marker of each verdict."""

_MARKERS = ("circle", "square", "diamond", "cross", "x", "triangle-up")

_AXIS = go.layout.XAxis(
    automargin=True,
    gridcolor=GRID,
    zeroline=False,
    linecolor="#bbbbbb",
    ticks="outside",
    tickcolor="#bbbbbb",
    ticklen=4,
    title={"font": {"size": 13}, "standoff": 10},
).to_plotly_json()

LEGEND = {
    "orientation": "h",
    "x": 0,
    "xanchor": "left",
    "y": 1.02,
    "yanchor": "bottom",
    "maxheight": 110,
    "tracegroupgap": 0,
}

TEMPLATE = go.layout.Template(
    layout=go.Layout(
        font={"family": "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", "size": 13, "color": INK},
        colorway=COLOURS,
        paper_bgcolor="white",
        plot_bgcolor="white",
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        xaxis=_AXIS,
        yaxis=_AXIS,
        dragmode=False,
        hoverlabel={"bgcolor": "white", "bordercolor": "#bbbbbb", "font": {"color": INK}},
        legend=LEGEND,
    )
)


def label(text: object, width: int = 18) -> str:
    """A name as a figure shows it: broken into short lines, and never read as markup."""
    whole = str(text)
    parts = [whole] if len(whole) <= width else re.split("(?<==)", whole, maxsplit=1)  # factor=, level
    lines = [line for part in parts for line in textwrap.wrap(part, width)] or [""]
    return "<br>".join(html.escape(line, quote=False) for line in lines)


def tinted(colour: str, opacity: float) -> str:
    """A `#rrggbb` colour made transparent."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def style(place: int) -> dict[str, Any]:
    """Colour and marker of the line at this place: ink, then the colours, then the same again with markers."""
    again, colour = divmod(place, len(COLOURS) + 1)
    symbol = _MARKERS[(again - 1) % len(_MARKERS)] if again else None
    return {"colour": (INK, *COLOURS)[colour], "symbol": symbol}


def marker(place: int) -> dict[str, Any]:
    """The same colours for dots without a line, in which the first already have a symbol."""
    return {"color": style(place)["colour"], "symbol": _MARKERS[place // (len(COLOURS) + 1) % len(_MARKERS)]}
