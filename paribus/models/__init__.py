"""Networks on paper and built. Importing this does not import torch."""

from paribus.models.blueprint import Blueprint

__all__ = ["Blueprint"]
