"""Figures of what trained networks hold."""
