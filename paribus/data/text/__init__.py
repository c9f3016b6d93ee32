"""Texts as counts of their terms, and the features that a run makes of them."""
