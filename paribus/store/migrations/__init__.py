"""Alembic's view of the store."""
