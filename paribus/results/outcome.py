"""What a study came to on one data set: verdicts, tables, what its networks hold; each worked out once, when asked."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paribus.comparison.diff import Side
from paribus.comparison.items.sample import over_test_items
from paribus.comparison.judging import contrasts_of
from paribus.comparison.ladder import ladder_sentence
from paribus.comparison.searched import search_sentences
from paribus.comparison.sources import source_sentence
from paribus.comparison.summary import planned_runs, spreads_of, stamp_of, summarize, unscored
from paribus.comparison.verdicts import Contrast, contrast_of
from paribus.comparison.words import sentence
from paribus.data.prepared import prepared
from paribus.errors import SpecError
from paribus.evaluation.scoring import scored_runs
from paribus.freezing import frozen_sentence
from paribus.prediction.loading import load_run
from paribus.report.tables.choice import best_variant, probed_runs
from paribus.report.tables.items import read_answers
from paribus.report.tables.study import Tables, load_tables, run_table, scored, scores_of, seeds_of
from paribus.store import Status, Store

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from paribus.evaluation.items import Answers
    from paribus.prediction.trained import Trained
    from paribus.report.content import Content


class Outcome:
    """What the runs of one data set came to, finished or not.

    Args:
        store: where the runs are kept.
        name: of the study; of several data sets STUDY.DATA.

    Raises:
        StoreError: there is no study of that name, or it is one over several data sets.
    """

    def __init__(self, store: Store, name: str) -> None:
        self.name = name
        self._store = store
        self.record = store.study_on_one(name)
        self._rows = scored_runs(store, self.record)

    @property
    def metric(self) -> str:
        """What the study is about."""
        return self.record.asked.metric

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Variants, runs, contrasts, search and test set as JSON values."""
        return {**self.overview, "test_set": self._test_set}

    @cached_property
    def overview(self) -> dict[str, Any]:
        """The summary without the test set, which takes what each run answers."""
        return summarize(self.record, self._rows, self._contrasts)

    @property
    def verdicts(self) -> list[str]:
        """One sentence per contrast."""
        return [sentence(contrast) for contrast in self._contrasts]

    @property
    def failures(self) -> list[str]:
        """Variant, seed and last line of the message of every failed run; then the trials of a search that failed."""
        runs = [(run, self._rows[run.key]) for run in self.record.runs if run.key in self._rows]
        trials = self.record.search.trials if self.record.search else ()
        return [
            *(f"{run.variant}, seed {run.seed}: {row.last_line}" for run, row in runs if row.status == Status.FAILED),
            *(f"trial {trial.number}: {trial.failed}" for trial in trials if trial.failed),
        ]

    @property
    def unscored(self) -> list[str]:
        """Why runs that finished lack a score of the study's metric, and how many; empty where none does."""
        return unscored(self.overview["runs"])

    @property
    def sources(self) -> str:
        """Which source of randomness moves the score most; empty where `vary_only` does not ask for it."""
        return source_sentence(spreads_of(self.record, self._rows), f"test_{self.metric}")

    @property
    def ladder(self) -> str:
        """What a ladder of seeds did; empty without one."""
        return ladder_sentence(self.record)

    @property
    def search(self) -> list[str]:
        """What the search did, its winner, and reasons to doubt it, one sentence each."""
        return search_sentences(self.record, self.means.to_dict("records"))

    @property
    def frozen(self) -> str:
        """Whether the study that ran is the one that was frozen; empty where none was."""
        return frozen_sentence(self.record.frozen)

    @cached_property
    def tables(self) -> Tables:
        """All tables that figures are drawn from."""
        return load_tables(self._store, self.record, self.summary, self._answers)

    @property
    def seeds(self) -> pd.DataFrame:
        """One row per seed of a variant, the mean over its folds; without reading a file of any run."""
        return seeds_of(self._planned)

    @cached_property
    def means(self) -> pd.DataFrame:
        """One row per variant, without the gap and the seconds; without reading a file of any run."""
        return scores_of(self.record, self.seeds, self.metric)

    @property
    def content(self) -> Content:
        """What the report says, as plain values."""
        from paribus.report.content import Content  # late, as it draws, which `show` does without

        return Content(self.record, self.tables, self.verdicts)

    @property
    def side(self) -> Side:
        """This as one side of a comparison, named by its study."""
        trained = next((key for key, row in self._rows.items() if row.status in ("finished", "diverged")), None)
        engine = self._store.provenance(trained)["engine"] if trained else {}
        return Side(self.name, self.record, self._rows, {**self.record.environment, **engine})

    def load(self, variant: str, seed: int | None, *, trust: bool) -> Trained:
        """The trained network of one run, see `Result.load`."""
        return load_run(self._store, self.record, variant, seed, trust=trust)

    def probe(self) -> None:
        """Look into a trained network of the baseline and of the best variant, see `Result.probe`."""
        from paribus.probing.probe import probe

        dataset = prepared(self._store.home, self.record.data)
        for variant, key in self._probed.items():
            known = self._store.probe(key)

            def features(items: np.ndarray, variant: str = variant) -> np.ndarray | None:
                with suppress(SpecError):  # of a model whose code is not here
                    return self.load(variant, None, trust=False).features(items)
                return None

            found = probe(known, partial(self._store.weights, key), features, dataset)
            if found.keys() != known.keys():
                self._store.save_probe(key, found)
                vars(self).pop("tables", None)

    def report(self, target: Path, *, anew: bool) -> Path:
        """Write the report there, unless one lies there that was made of the same and `anew` is false."""
        from paribus.report.pages.html import is_page_of
        from paribus.report.pages.study import write_page

        if not anew and is_page_of(self.page_stamp, target):
            return target.absolute()
        return write_page(target, self.record, self.tables, self.verdicts, self.page_stamp)

    @property
    def page_stamp(self) -> str:
        """Equal where reports are: of the study, its runs, and what else a report shows."""
        from paribus.report.pages.html import page_stamp

        data = self.record.data
        found = [sorted(self._store.probe(key)) for key in self._probed.values()]
        there = prepared(self._store.home, data) is not None
        return page_stamp(self._stamp, found, there, scored(self._store, data.fingerprint))

    @cached_property
    def _stamp(self) -> str:
        return stamp_of(self.record, self._rows)

    @cached_property
    def _kept(self) -> dict[str, Any] | None:
        """What was worked out before, of the same runs: `contrasts` and `test_set`; None if there is none."""
        return self._store.kept(self.name, self._stamp)

    @cached_property
    def _contrasts(self) -> list[Contrast]:
        if self._kept:
            return [contrast_of(values) for values in self._kept["contrasts"]]
        return contrasts_of(self.record, self._rows)

    @cached_property
    def _test_set(self) -> list[dict[str, Any]]:
        if self._kept:
            return self._kept["test_set"]
        found = over_test_items(self._contrasts, self.record.levels, self._answers)
        values = {"contrasts": [asdict(contrast) for contrast in self._contrasts], "test_set": found}
        self._store.keep(self.name, self._stamp, values)
        return found

    @cached_property
    def _answers(self) -> Answers:
        return read_answers(self._store, self.record, self._rows)

    @cached_property
    def _planned(self) -> pd.DataFrame:
        """One row per planned run with its key, see `Tables.runs`."""
        return run_table(planned_runs(self.record, self._rows), self.metric)

    @property
    def _probed(self) -> dict[str, str]:
        return probed_runs(self._planned, best_variant(self._planned, self.metric).variant)
