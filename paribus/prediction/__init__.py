"""Trained networks, loaded from a home and used; nothing of the report is imported for that."""
