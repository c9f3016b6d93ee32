"""Lengths: how many texts have how many words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from paribus.report.style import COLOURS, TEMPLATE


def frame(texts: Mapping[str, Any]) -> pd.DataFrame:
    """Columns from, to (words), train and test (texts); one row per bin.

    Args:
        texts: from `describe_texts`.
    """
    return pd.DataFrame(texts["lengths"])


def draw(frame: pd.DataFrame) -> go.Figure:
    """Draw two lines of steps: the share of each part's texts in each bin; test is dashed.

    Args:
        frame: from `frame`.
    """
    edges = np.append(frame["from"], frame["to"].iloc[-1] + 1)
    lines = [
        go.Scatter(
            x=edges,
            y=np.append(share := 100 * frame[part] / max(1, frame[part].sum()), share.iloc[-1]),
            name=name,
            mode="lines",
            line={"color": COLOURS[at], "dash": "dash" if at else "solid", "shape": "hv"},
            hovertemplate="from %{x:,} words: %{y:.2f} %",
        )
        for at, (part, name) in enumerate((("train", "training"), ("test", "test")))
    ]
    figure = go.Figure(lines, layout={"template": TEMPLATE, "height": 320})
    figure.update_xaxes(title="words in a text", rangemode="tozero")
    return figure.update_yaxes(title="share of the texts, %", rangemode="tozero")
