"""Figures of what differs from seed to seed."""
