"""Figures of how runs learn, epoch by epoch."""
