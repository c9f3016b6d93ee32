"""The records that the store keeps of runs and studies, and what is wrong with those that somebody else wrote."""

from paribus.store.records.run import RunRecord, Status

__all__ = ["RunRecord", "Status"]
