"""Every run, once: a database of rows and content-addressed artifacts.

Workers make records but open no store, so the database's library is imported when the store is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paribus.store.records import RunRecord, Status

if TYPE_CHECKING:
    from paribus.store.store import Store, find_store, home_directory

__all__ = ["RunRecord", "Status", "Store", "find_store", "home_directory"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'paribus.store' has no attribute {name!r}")
    from paribus.store import store

    return getattr(store, name)
