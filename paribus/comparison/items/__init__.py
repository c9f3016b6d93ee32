"""Contrasts looked at item by item of the test set."""
