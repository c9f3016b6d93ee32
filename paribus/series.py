"""A study over several data sets: the result on each, and what stands side by side; all read from the store."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paribus.errors import StoreError
from paribus.report.pages import across as page
from paribus.report.pages.html import ending, is_page_of, page_stamp, write_text
from paribus.report.tables import across as frames
from paribus.result import Result
from paribus.spec import StudySpec
from paribus.store import Store
from paribus.store.keys import checked_name
from paribus.store.records.study import VERSION, SeriesRecord

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


class Series:
    """The outcome of a study over several data sets, finished or not. Nothing is pooled over them.

    Args:
        store: where its runs are kept.
        name: the study's.

    Attributes:
        parts: the result on each data set, by the data set's name.

    Raises:
        StoreError: there is no study of that name, or it is one over one data set.
    """

    def __init__(self, store: Store, name: str) -> None:
        self.name = checked_name(name)
        self._store = store
        record = store.study(name)
        if not isinstance(record, SeriesRecord):
            raise StoreError(f"{name} is a study over one data set.")
        self._record = record
        self.parts = {part.removeprefix(f"{name}."): Result(store, part) for part in record.parts}

    @property
    def summary(self) -> dict[str, Any]:
        """The parts' summaries and the scores across data sets: what `paribus show --json` prints."""
        parts = [part.summary for part in self.parts.values()]
        complete = all(part["status"] == "finished" for part in parts)
        across = self.across.astype(object).where(self.across.notna(), None).to_dict("records")
        status = "finished" if complete else "interrupted"
        return {"study": self.name, "status": status, "parts": parts, "across": across}

    @property
    def across(self) -> pd.DataFrame:
        """One row per variant and data set: mean of the metric, its 95 % interval, rank, and whether it is the best."""
        return frames.scores(self._tables)

    @property
    def contrasts(self) -> pd.DataFrame:
        """One row per contrast and data set."""
        return frames.contrasts(self._tables)

    @property
    def best(self) -> pd.DataFrame:
        """One row per data set: its best variant by validation, with test score, gap and hardest classes."""
        return frames.best(self._tables)

    @property
    def verdicts(self) -> list[str]:
        """One sentence a contrast and data set."""
        return [f"{data}: {text}" for data, part in self.parts.items() for text in part.verdicts]

    @property
    def metric(self) -> str:
        """What the study is about: `accuracy`, `loss`, `f1_macro` or `f1_weighted`."""
        return self._record.asked.metric

    @property
    def failures(self) -> list[str]:
        """Data set, variant, seed and last line of the message of every failed run."""
        return [f"{data}: {text}" for data, part in self.parts.items() for text in part.failures]

    @property
    def figures(self) -> dict[str, go.Figure]:
        """The figures across data sets by name; those of one data set are in its part."""
        return page.figures(self._tables)

    @property
    def _tables(self) -> frames.Parts:
        return {data: part.tables for data, part in self.parts.items()}

    def probe(self) -> None:
        """Look into trained networks on every data set; see `Result.probe`."""
        for part in self.parts.values():
            part.probe()

    def report(self, path: Path | str | None = None, *, anew: bool = True) -> Path:
        """Write the page across data sets and return where it lies; beside it each one's own, as STUDY.DATA.html.

        Args:
            path: by default `reports/NAME.html` in the home directory.
            anew: also where a page lies that was made of the same.
        """
        target = Path(path) if path else self._store.home / "reports" / f"{self.name}.html"
        pages = {data: part.report(target.parent / f"{part.name}.html", anew=anew) for data, part in self.parts.items()}
        stamp = page_stamp(self._record.values, [part.page_stamp for part in self.parts.values()])
        if not anew and is_page_of(stamp, target):
            return target.absolute()
        contents = {data: part.content for data, part in self.parts.items()}
        text = page.render(self._record.spec, contents, {data: path.name for data, path in pages.items()})
        return write_text(target, text + ending(stamp))

    def _repr_html_(self) -> str:
        return "".join(f"<h3>{escape(data)}</h3>{part._repr_html_()}" for data, part in self.parts.items())


def save_series(store: Store, study: StudySpec, parts: Sequence[str]) -> None:
    """Write the record of a study over several data sets: what was asked, and the names of its parts."""
    store.save_study(study.name, {"version": VERSION, "spec": study.model_dump(mode="json"), "parts": list(parts)})


def outcome(store: Store, name: str) -> Result | Series:
    """What a stored study came to, over one data set or several.

    Raises:
        StoreError: there is no study of that name.
    """
    return Series(store, name) if isinstance(store.study(name), SeriesRecord) else Result(store, name)
