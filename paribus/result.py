"""What a study came to: tables as DataFrames, figures as Plotly figures, all read from the store."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from functools import cached_property, partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paribus.comparison.diff import Side, StudyDiff, compare_studies
from paribus.comparison.items.sample import over_test_items
from paribus.comparison.judging import contrasts_of
from paribus.comparison.ladder import ladder_sentence
from paribus.comparison.searched import search_sentences
from paribus.comparison.sources import source_sentence
from paribus.comparison.summary import plain, planned_runs, spreads_of, stamp_of, summarize
from paribus.comparison.verdicts import Contrast, contrast_of
from paribus.comparison.words import sentence
from paribus.data.prepared import prepared
from paribus.errors import SpecError
from paribus.freezing import frozen_sentence
from paribus.prediction.loading import load_run
from paribus.report.content import Content
from paribus.report.gallery import figures
from paribus.report.pages.html import is_page_of, page_stamp
from paribus.report.pages.study import write_page
from paribus.report.tables.choice import best_variant, probed_runs
from paribus.report.tables.items import read_answers
from paribus.report.tables.study import Tables, contrast_table, load_tables, run_table, scored, scores_of, seeds_of
from paribus.store import Status, Store
from paribus.store.keys import checked_name

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import plotly.graph_objects as go

    from paribus.evaluation.items import Answers
    from paribus.prediction.trained import Trained


class Result:
    """The outcome of a study, finished or not.

    Args:
        store: where its runs are kept.
        name: the study's.

    Raises:
        StoreError: there is no study of that name, or it is one over several data sets.
    """

    def __init__(self, store: Store, name: str) -> None:
        self.name = checked_name(name)
        self._store = store
        self._record = store.study_on_one(name)
        self._rows = store.runs(self._record.keys)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Variants, runs, contrasts, search and test set as JSON values: what `paribus show --json` prints."""
        return {**self.overview, "test_set": self._test_set}

    @cached_property
    def overview(self) -> dict[str, Any]:
        """The summary without the test set, which takes what each run answers."""
        return summarize(self._record, self._rows, self._contrasts)

    @property
    def verdicts(self) -> list[str]:
        """One sentence a contrast, with the seeds, the difference and its interval."""
        return [sentence(contrast) for contrast in self._contrasts]

    @cached_property
    def _stamp(self) -> str:
        return stamp_of(self._record, self._rows)

    @cached_property
    def _kept(self) -> dict[str, Any] | None:
        """What was worked out before, of the same runs: `contrasts` and `test_set`; None if there is none."""
        return self._store.kept(self.name, self._stamp)

    @cached_property
    def _contrasts(self) -> list[Contrast]:
        if self._kept:
            return [contrast_of(values) for values in self._kept["contrasts"]]
        return contrasts_of(self._record, self._rows)

    @cached_property
    def _test_set(self) -> list[dict[str, Any]]:
        if self._kept:
            return self._kept["test_set"]
        found = over_test_items(self._contrasts, self._record.levels, self._answers)
        values = {"contrasts": [asdict(contrast) for contrast in self._contrasts], "test_set": found}
        self._store.keep(self.name, self._stamp, values)
        return found

    @cached_property
    def _answers(self) -> Answers:
        return read_answers(self._store, self._record, self._rows)

    @cached_property
    def _planned(self) -> pd.DataFrame:
        """A row a planned run with its key, see `Tables.runs`."""
        return run_table(planned_runs(self._record, self._rows), self.metric)

    @property
    def metric(self) -> str:
        """What the study is about: `accuracy`, `loss`, `f1_macro` or `f1_weighted`."""
        return self._record.asked.metric

    @property
    def is_quick_look(self) -> bool:
        """Whether it is a first look, made by `--quick`, whose numbers are no result."""
        return self._record.asked.quick_look

    @property
    def failures(self) -> list[str]:
        """Variant, seed and last line of the message of every failed run; then the trials of a search that failed."""
        runs = [(run, self._rows[run.key]) for run in self._record.runs if run.key in self._rows]
        trials = self._record.search.trials if self._record.search else ()
        return [
            *(f"{run.variant}, seed {run.seed}: {row.last_line}" for run, row in runs if row.status == Status.FAILED),
            *(f"trial {trial.number}: {trial.failed}" for trial in trials if trial.failed),
        ]

    @cached_property
    def tables(self) -> Tables:
        """All tables that figures are drawn from."""
        return load_tables(self._store, self._record, self.summary, self._answers)

    @property
    def runs(self) -> pd.DataFrame:
        """One row per run: variant, seed, status, epochs, best epoch, seconds and every metric."""
        return self.tables.runs

    @property
    def variants(self) -> pd.DataFrame:
        """One row per variant: parameters, finished runs, mean of the metric and its 95 % interval over seeds."""
        return self.tables.variants

    @property
    def seeds(self) -> pd.DataFrame:
        """One row per seed of a variant: status and every metric, the mean over its folds."""
        return seeds_of(self._planned)

    @cached_property
    def means(self) -> pd.DataFrame:
        """As `variants`, without the gap and the seconds: what needs no file of any run."""
        return scores_of(self._record, self.seeds, self.metric)

    @property
    def contrasts(self) -> pd.DataFrame:
        """One row per level against its reference."""
        return self.tables.contrasts

    @property
    def test_set(self) -> pd.DataFrame:
        """One row per contrast in accuracy: its 95 % interval over test items, and McNemar's p of one seed's runs."""
        return self.tables.items.sample

    @property
    def churn(self) -> pd.DataFrame:
        """One row per level: share of test items answered otherwise than by its reference, and than by another seed."""
        return self.tables.items.churn

    @property
    def wrong(self) -> pd.DataFrame:
        """One row per variant, then one for all: test items that always, sometimes and never are answered wrongly."""
        return self.tables.items.wrong

    @property
    def wrong_items(self) -> pd.DataFrame:
        """One row per test item that any run is wrong about, those that are wrong most often first."""
        return self.tables.items.items

    @property
    def suspects(self) -> pd.DataFrame:
        """One row per training item whose label is probably wrong, by the runs of the best variant that held it out."""
        return self.tables.suspects

    @property
    def confused(self) -> pd.DataFrame:
        """One row per pair of classes that the best variant mistakes often: share, 95 % interval over seeds, count."""
        return self.tables.confused

    @property
    def history(self) -> pd.DataFrame:
        """One row per epoch of a run: losses and accuracies."""
        return self.tables.history

    @property
    def trials(self) -> pd.DataFrame:
        """One row per trial of the search, in the order drawn: score, epochs, fate, values; empty without a search."""
        return self.tables.trials

    @property
    def sources(self) -> str:
        """Which source of randomness moves the score most, in words; empty where `vary_only` does not ask for it."""
        return source_sentence(spreads_of(self._record, self._rows), f"test_{self.metric}")

    @property
    def ladder(self) -> str:
        """What a ladder of seeds did, in words; empty without one."""
        return ladder_sentence(self._record)

    @property
    def search(self) -> list[str]:
        """What the search did, its winner, and reasons to doubt it, in sentences; empty without a search."""
        return search_sentences(self._record, self.means.to_dict("records"))

    @property
    def frozen(self) -> str:
        """Whether the study that ran is the one that was frozen, in a sentence; empty where none was."""
        return frozen_sentence(self._record.frozen)

    @property
    def figures(self) -> dict[str, go.Figure]:
        """The report's figures by name."""
        return figures(self.tables)

    @property
    def content(self) -> Content:
        """What the report says, as plain values."""
        return Content(self._record, self.tables, self.verdicts)

    def load(self, variant: str, seed: int | None = None, *, trust: bool = False) -> Trained:
        """The trained network of one run, with its preprocessing and class names.

        Args:
            variant: name of the variant, as in `runs`.
            seed: of the run; by default the first that finished.
            trust: import a model of the user's own by its stored name, if its code has the stored hash; otherwise it is
                loaded only where this program has opened its study file, or has the function.

        Raises:
            SpecError: the model is the user's, and its code is not known here, or was changed.
            StoreError: there is no such run, or it did not finish.
        """
        return load_run(self._store, self._record, variant, seed, trust=trust)

    def compare(self, other: Result) -> StudyDiff:
        """Another stored study against this one: what `paribus diff` prints.

        Raises:
            SpecError: it is the same study of the same home, or the two have nothing to compare.
        """
        if (self.name, self._store.home) == (other.name, other._store.home):
            raise SpecError(f"{self.name!r} cannot differ from itself; name another study, or give --other-home.")
        return compare_studies(self._side(self.name == other.name), other._side(self.name == other.name))

    def diff(self, other: Result) -> pd.DataFrame:
        """One row per variant that both studies have: the other study against this one, paired by seed.

        `factor` names the variant, `level` and `reference` the two studies; all else is as in `contrasts`.
        """
        return contrast_table([plain(contrast) for contrast in self.compare(other).contrasts])

    def _side(self, with_home: bool) -> Side:
        trained = next((key for key, row in self._rows.items() if row.status in ("finished", "diverged")), None)
        engine = self._store.provenance(trained)["engine"] if trained else {}
        name = f"{self.name} in {self._store.home}" if with_home else self.name
        return Side(name, self._record, self._rows, {**self._record.environment, **engine})

    def probe(self) -> None:
        """Look into a trained network of the baseline and of the best variant, for the report; what is known is kept.

        It takes seconds: the figures `weights` and `features` need it, and the latter the extra `interpret`.

        Raises:
            StoreError: the home cannot be written.
        """
        from paribus.probing.probe import probe

        dataset = prepared(self._store.home, self._record.data)
        for variant, key in self._probed.items():
            known = self._store.probe(key)

            def features(items: np.ndarray, variant: str = variant) -> np.ndarray | None:
                with suppress(SpecError):  # of a model whose code is not here
                    return self.load(variant).features(items)
                return None

            found = probe(known, partial(self._store.weights, key), features, dataset)
            if found.keys() != known.keys():
                self._store.save_probe(key, found)
                vars(self).pop("tables", None)

    @property
    def _probed(self) -> dict[str, str]:
        return probed_runs(self._planned, best_variant(self._planned, self.metric).variant)

    def report(self, path: Path | str | None = None, *, anew: bool = True) -> Path:
        """Write the report, one HTML file that needs no network, and return where it lies.

        Args:
            path: by default `reports/NAME.html` in the home directory.
            anew: also where a report lies that was made of the same.
        """
        target = Path(path) if path else self._store.home / "reports" / f"{self.name}.html"
        if not anew and is_page_of(self.page_stamp, target):
            return target.absolute()
        return write_page(target, self._record, self.tables, self.verdicts, self.page_stamp)

    @property
    def page_stamp(self) -> str:
        """Equal where reports are: of the study, its runs, and what else a report shows."""
        data = self._record.data
        found = [sorted(self._store.probe(key)) for key in self._probed.values()]
        there = prepared(self._store.home, data) is not None
        return page_stamp(self._stamp, found, there, scored(self._store, data.fingerprint))

    def _repr_html_(self) -> str:
        sentences = "".join(f"<li>{escape(text)}</li>" for text in self.verdicts)
        return f"<p><b>{escape(self.name)}</b></p><ul>{sentences}</ul>{self.variants.to_html(index=False)}"
