"""Frozen plans: what a study will test, written down before it trains, and whether the study that ran is the same."""

from paribus.freezing.document import changes, content_hash, document
from paribus.freezing.file import FrozenPlan, check_frozen, freeze, read_frozen
from paribus.freezing.words import frozen_sentence, warn

__all__ = [
    "FrozenPlan",
    "changes",
    "check_frozen",
    "content_hash",
    "document",
    "freeze",
    "frozen_sentence",
    "read_frozen",
    "warn",
]
