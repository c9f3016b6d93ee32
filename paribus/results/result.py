"""The result of a study, over one data set or several: tables as DataFrames, figures as Plotly figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from paribus.comparison.diff import StudyDiff, compare_studies
from paribus.comparison.summary import plain
from paribus.errors import SpecError
from paribus.report.tables import across
from paribus.report.tables.study import Tables, contrast_table
from paribus.results.outcome import Outcome
from paribus.store import Store
from paribus.store.keys import checked_name
from paribus.store.records.study import SeriesRecord

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from paribus.prediction.trained import Trained


class Result:
    """The result of a study, finished or not, all read from the store.

    Over several data sets nothing is pooled: sentences begin with the data set, tables have one more column, `data`,
    and `parts` has the result on each.

    Args:
        store: where its runs are kept.
        name: the study's; of one of several data sets STUDY.DATA.

    Raises:
        StoreError: there is no study of that name.
    """

    def __init__(self, store: Store, name: str) -> None:
        self.name = checked_name(name)
        self._store = store
        record = store.study(self.name)
        self._series = record if isinstance(record, SeriesRecord) else None
        self._outcome = None if self._series else Outcome(store, self.name)
        self.parts = self._parts()

    def _parts(self) -> dict[str, Result]:
        if self._series:
            return {part.removeprefix(f"{self.name}."): Result(self._store, part) for part in self._series.parts}
        return {self._only.record.data.name: self}

    @property
    def summary(self) -> dict[str, Any]:
        """Variants, runs, contrasts, search and test set as JSON values: what `paribus show --json` prints."""
        return self._summary(lambda outcome: outcome.summary)

    @property
    def overview(self) -> dict[str, Any]:
        """The summary without the test set, which takes what each run answers."""
        return self._summary(lambda outcome: outcome.overview)

    @property
    def verdicts(self) -> list[str]:
        """One sentence per contrast, with the seeds, the difference and its interval."""
        return self._sentences(lambda outcome: outcome.verdicts)

    @property
    def metric(self) -> str:
        """What the study is about, such as `accuracy`."""
        return self._outcomes[0].metric

    @property
    def is_quick_look(self) -> bool:
        """Whether it is a first look, made by `--quick`, whose numbers are no result."""
        return self._outcomes[0].record.asked.quick_look

    @property
    def failures(self) -> list[str]:
        """Variant, seed and last line of the message of every failed run; then the trials of a search that failed."""
        return self._sentences(lambda outcome: outcome.failures)

    @property
    def unscored(self) -> list[str]:
        """Why runs that finished lack a score of the study's metric, and how many; empty where none does."""
        return self._sentences(lambda outcome: outcome.unscored)

    @property
    def tables(self) -> Tables:
        """All tables that the figures are drawn from, of one data set.

        Raises:
            StoreError: there are several.
        """
        return self._only.tables

    @property
    def runs(self) -> pd.DataFrame:
        """One row per run: variant, seed, status, epochs, best epoch, seconds and every metric."""
        return self._table(lambda outcome: outcome.tables.runs)

    @property
    def variants(self) -> pd.DataFrame:
        """One row per variant: parameters, finished runs, mean of the metric and its 95 % interval over seeds."""
        return self._table(lambda outcome: outcome.tables.variants)

    @property
    def seeds(self) -> pd.DataFrame:
        """One row per seed of a variant: status and every metric, the mean over its folds."""
        return self._table(lambda outcome: outcome.seeds)

    @property
    def means(self) -> pd.DataFrame:
        """As `variants`, without the gap and the seconds: what needs no file of any run."""
        return self._table(lambda outcome: outcome.means)

    @property
    def contrasts(self) -> pd.DataFrame:
        """One row per level against its reference."""
        return self._table(lambda outcome: outcome.tables.contrasts)

    @property
    def across(self) -> pd.DataFrame:
        """One row per variant and data set: mean of the metric, its 95 % interval, rank, and whether it is the best."""
        return across.scores(self._tables)

    @property
    def best(self) -> pd.DataFrame:
        """One row per data set: its best variant by validation, with test score, gap and hardest classes."""
        return across.best(self._tables)

    @property
    def test_set(self) -> pd.DataFrame:
        """One row per contrast in accuracy: its 95 % interval over test items, and McNemar's p of one seed's runs."""
        return self._table(lambda outcome: outcome.tables.items.sample)

    @property
    def churn(self) -> pd.DataFrame:
        """One row per level: share of test items answered otherwise than by its reference, and than by another seed."""
        return self._table(lambda outcome: outcome.tables.items.churn)

    @property
    def wrong(self) -> pd.DataFrame:
        """One row per variant, then one for all: test items that always, sometimes and never are answered wrongly."""
        return self._table(lambda outcome: outcome.tables.items.wrong)

    @property
    def wrong_items(self) -> pd.DataFrame:
        """One row per test item that any run is wrong about, those that are wrong most often first."""
        return self._table(lambda outcome: outcome.tables.items.items)

    @property
    def suspects(self) -> pd.DataFrame:
        """One row per training item whose label is probably wrong, by the best variant's runs that held it out."""
        return self._table(lambda outcome: outcome.tables.suspects)

    @property
    def confused(self) -> pd.DataFrame:
        """One row per pair of classes that the best variant mistakes often: share, 95 % interval over seeds, count."""
        return self._table(lambda outcome: outcome.tables.confused)

    @property
    def history(self) -> pd.DataFrame:
        """One row per epoch of a run: losses and accuracies."""
        return self._table(lambda outcome: outcome.tables.history)

    @property
    def trials(self) -> pd.DataFrame:
        """One row per trial of the search, in the order drawn: score, epochs, fate and values."""
        return self._table(lambda outcome: outcome.tables.trials)

    @property
    def sources(self) -> str:
        """Which source of randomness moves the score most, in words; empty where `vary_only` does not ask for it."""
        return "\n".join(self._sentences(lambda outcome: [outcome.sources]))

    @property
    def ladder(self) -> str:
        """What a ladder of seeds did, in words; empty without one."""
        return "\n".join(self._sentences(lambda outcome: [outcome.ladder]))

    @property
    def search(self) -> list[str]:
        """What the search did, its winner, and reasons to doubt it, in sentences; empty without a search."""
        return self._sentences(lambda outcome: outcome.search)

    @property
    def frozen(self) -> str:
        """Whether the study that ran is the one that was frozen, in a sentence; empty where none was."""
        return self._outcomes[0].frozen

    @property
    def figures(self) -> dict[str, go.Figure]:
        """The report's figures by name; over several data sets those across them, and each one's own in its part."""
        from paribus.report import gallery  # late, as drawing takes what `show` does without
        from paribus.report.pages import across as page

        return page.figures(self._tables) if self._series else gallery.figures(self._only.tables)

    def load(self, variant: str, seed: int | None = None, *, trust: bool = False) -> Trained:
        """The trained network of one run, with its preprocessing and class names.

        Args:
            variant: name of the variant, as in `runs`.
            seed: of the run; by default the first that finished.
            trust: import a model of the user's own by its stored name, if its code has the stored hash; otherwise it is
                loaded only where this program has opened its study file, or has the function.

        Raises:
            SpecError: the model is the user's, and its code is not known here, or was changed.
            StoreError: there is no such run, it did not finish, or there are several data sets.
        """
        return self._only.load(variant, seed, trust=trust)

    def compare(self, other: Result) -> StudyDiff:
        """Another stored study against this one: what `paribus diff` prints.

        Raises:
            SpecError: it is the same study of the same home, or the two have nothing to compare.
            StoreError: one of them is over several data sets.
        """
        if (self.name, self._store.home) == (other.name, other._store.home):
            raise SpecError(f"{self.name!r} cannot differ from itself; name another study, or give --other-home.")
        ours, theirs = self._only.side, other._only.side
        if self.name == other.name:
            ours = replace(ours, name=f"{self.name} in {self._store.home}")
            theirs = replace(theirs, name=f"{other.name} in {other._store.home}")
        return compare_studies(ours, theirs)

    def diff(self, other: Result) -> pd.DataFrame:
        """One row per variant that both studies have: the other study against this one, paired by seed.

        `factor` names the variant, `level` and `reference` the two studies; all else is as in `contrasts`.
        """
        return contrast_table([plain(contrast) for contrast in self.compare(other).contrasts])

    def probe(self) -> None:
        """Look into a trained network of the baseline and of the best variant, for the report; what is known is kept.

        It takes seconds: the figures `weights` and `features` need it, and the latter the extra `interpret`.

        Raises:
            StoreError: the home cannot be written.
        """
        for outcome in self._outcomes:
            outcome.probe()

    def report(self, path: Path | str | None = None, *, anew: bool = True) -> Path:
        """Write the report, one HTML file that needs no network, and return where it lies.

        Over several data sets it is the page across them; beside it lies each one's own, as STUDY.DATA.html.

        Args:
            path: by default `reports/NAME.html` in the home directory.
            anew: also where a report lies that was made of the same.
        """
        target = Path(path) if path else self._store.home / "reports" / f"{self.name}.html"
        if not self._series:
            return self._only.report(target, anew=anew)
        from paribus.report.pages import across as page
        from paribus.report.pages.html import ending, is_page_of, page_stamp, write_text

        pages = {data: part.report(target.parent / f"{part.name}.html", anew=anew) for data, part in self.parts.items()}
        stamp = page_stamp(self._series.values, [outcome.page_stamp for outcome in self._outcomes])
        if not anew and is_page_of(stamp, target):
            return target.absolute()
        contents = dict(zip(self.parts, (outcome.content for outcome in self._outcomes), strict=True))
        text = page.render(self._series.spec, contents, {data: path.name for data, path in pages.items()})
        return write_text(target, text + ending(stamp))

    def _repr_html_(self) -> str:
        if self._series:
            return "".join(f"<h3>{escape(data)}</h3>{part._repr_html_()}" for data, part in self.parts.items())
        sentences = "".join(f"<li>{escape(text)}</li>" for text in self.verdicts)
        return f"<p><b>{escape(self.name)}</b></p><ul>{sentences}</ul>{self.variants.to_html(index=False)}"

    @property
    def _only(self) -> Outcome:
        """What the only data set came to.

        Raises:
            StoreError: there are several, which it names.
        """
        return self._outcome or Outcome(self._store, self.name)

    @property
    def _outcomes(self) -> list[Outcome]:
        return [part._only for part in self.parts.values()]

    @property
    def _tables(self) -> dict[str, Tables]:
        return {data: part._only.tables for data, part in self.parts.items()}

    def _table(self, table_of: Callable[[Outcome], pd.DataFrame]) -> pd.DataFrame:
        """The table of the data set; of several all rows, each with its data set."""
        if not self._series:
            return table_of(self._only)
        tables = [table_of(part._only).assign(data=data) for data, part in self.parts.items()]
        return pd.concat([table for table in tables if len(table)] or tables[:1], ignore_index=True)

    def _sentences(self, sentences_of: Callable[[Outcome], list[str]]) -> list[str]:
        """What is told of the data set; of several with the name of each before it. Empty sentences are left out."""
        return [
            f"{data}: {text}" if self._series else text
            for data, part in self.parts.items()
            for text in sentences_of(part._only)
            if text
        ]

    def _summary(self, summary_of: Callable[[Outcome], dict[str, Any]]) -> dict[str, Any]:
        """The summary of the data set; of several all of them and the scores across."""
        parts = [summary_of(outcome) for outcome in self._outcomes]
        if not self._series:
            return parts[0]
        complete = all(part["status"] == "finished" for part in parts)
        scores = self.across.astype(object).where(self.across.notna(), None).to_dict("records")
        return {
            "study": self.name,
            "status": "finished" if complete else "interrupted",
            "parts": parts,
            "across": scores,
        }
