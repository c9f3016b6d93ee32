"""Scores that others published, studies that train the same, and how the scores compare."""

from paribus.published.check import LIGHT, check_group
from paribus.published.groups import PublishedScore, find_groups

__all__ = ["LIGHT", "PublishedScore", "check_group", "find_groups"]
