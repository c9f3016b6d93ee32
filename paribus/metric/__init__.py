"""What scores there are: each is one file in `scores/`, with its words, its unit, its direction and its computation."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules

from paribus.metric.record import Metric

__all__ = ["METRICS", "OWN", "PARTS", "STORED", "Metric", "find_metric", "metric_name", "metric_of"]

PARTS = {"train": "train", "val": "validation", "test": "test"}
"""Parts of the data that a score is measured on, as they stand before its name and in words."""
OWN = re.compile(r"(?P<function>\w+(\.\w+)*:[\w.<>]+(@[0-9a-f]{8})?)(?P<lower>:lower)?")
"""A metric of the user's own: `module:function`, with `:lower` behind it where a lower score is better."""
_ROOM = "paribus.metric.scores"


def _found() -> Iterable[Metric]:
    """What every file of the room calls METRIC, in the order of their names."""
    return (import_module(f"{_ROOM}.{file.name}").METRIC for file in iter_modules(import_module(_ROOM).__path__))


METRICS = {metric.name: metric for metric in _found()}
"""Every metric of paribus by name; of one whose name ends in a number, the usual one."""
STORED = {name: metric for name, metric in METRICS.items() if metric.stored}
"""Those that every run stores."""


def find_metric(name: str) -> Metric | None:
    """The metric of this name: of paribus, `top_3` beside `top_5`, or the user's own, without its code; or None."""
    if name in METRICS:
        return METRICS[name]
    if own := OWN.fullmatch(name):
        last = own["function"].partition("@")[0].rpartition(".")[2].rpartition(":")[2]
        return Metric(name, re.sub(r"[\W_]+", " ", last).strip(), higher_is_better=not own["lower"])
    stem, _, number = name.rpartition("_")
    at = next((m.at for m in METRICS.values() if m.at and m.name.rpartition("_")[0] == stem), None)
    return at(int(number)) if at and re.fullmatch("[1-9][0-9]{0,8}", number) else None


def metric_of(score: str) -> Metric:
    """The metric of a score such as `accuracy` or `val_accuracy`; for a name that is not known, a plain number."""
    part, _, name = score.partition("_")
    name = name if part in PARTS and name else score
    return find_metric(name) or Metric(name, name.replace("_", " "))


def metric_name(score: str) -> str:
    """`test_f1_macro` as a reader would say it: test macro F1."""
    part, _, rest = score.partition("_")
    return f"{PARTS[part]} {metric_of(rest).words}" if part in PARTS and rest else metric_of(score).words
