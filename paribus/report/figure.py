"""What a figure of a page is: a name, a table, a drawing of it, and a caption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import pandas as pd
import plotly.graph_objects as go

from paribus.report.content import Content
from paribus.report.tables.study import Tables

Source = TypeVar("Source")
"""What tables are made from: `Tables` of a study; of one over several data sets, those of each."""
Page = TypeVar("Page")
"""What captions are made from: the `Content` of a page."""


@dataclass(frozen=True)
class Figure(Generic[Source, Page]):
    """One figure; each is a file below `figures/`, and stands in its section's list.

    Args:
        name: of its element, which is `figure-NAME`, and of its CSV file.
        table: makes what it shows; an empty table where there is nothing to show.
        draw: draws a table that is not empty; None where that cannot be drawn.
        caption: what stands below it, or the function that says so.
        scrolls: whether it keeps its width on a narrow screen and scrolls sideways.
        width_rem: that width, where it depends on the study.
    """

    name: str
    table: Callable[[Source], pd.DataFrame]
    draw: Callable[[pd.DataFrame, Source], go.Figure | None]
    caption: str | Callable[[Page], str]
    scrolls: bool = False
    width_rem: Callable[[Source], int] | None = None

    def caption_of(self, content: Page) -> str:
        """The caption on a page."""
        return self.caption if isinstance(self.caption, str) else self.caption(content)


StudyFigure = Figure[Tables, Content]
"""A figure of the page of one study, in `gallery.py`."""
