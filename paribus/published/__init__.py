"""Scores that others published, the studies that train the same, and whether they come out the same."""

from paribus.published.check import LIGHT, check_group
from paribus.published.groups import PublishedScore, find_groups

__all__ = ["LIGHT", "PublishedScore", "check_group", "find_groups"]
