"""What a stored row must have for all above the store to rely on it, whoever wrote the database."""

from paribus.store.shapes.faults import STATUSES, fault_of_study, is_sound

__all__ = ["STATUSES", "fault_of_study", "is_sound"]
