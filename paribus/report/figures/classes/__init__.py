"""Figures of what the predictions come to, class by class and item by item."""
