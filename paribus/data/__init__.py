"""Data in memory: named sources, files and callables, checked and described."""

from paribus.data.checks import describe, facts
from paribus.data.dataset import Dataset
from paribus.data.loading import load
from paribus.data.locate import locations
from paribus.data.near import near_duplicates

__all__ = ["Dataset", "describe", "facts", "load", "locations", "near_duplicates"]
