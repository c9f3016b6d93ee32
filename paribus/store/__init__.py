"""Every run, once: a database of rows and content-addressed artifacts."""

from paribus.store.records import RunRecord, Status
from paribus.store.store import Store, home_directory

__all__ = ["RunRecord", "Status", "Store", "home_directory"]
