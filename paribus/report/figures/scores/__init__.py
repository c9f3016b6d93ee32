"""Figures of scores, and of how they differ between levels and seeds."""
