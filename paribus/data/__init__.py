"""Data in memory: named sources, files and callables, checked and described."""

from paribus.data import sources
from paribus.data.checks import describe
from paribus.data.dataset import Dataset
from paribus.data.loading import load
from paribus.data.locate import locations

__all__ = ["Dataset", "describe", "load", "locations", "sources"]
