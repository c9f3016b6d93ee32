"""Optimizers, and beside them the rules by which they step; importing a rule's file alone imports torch."""

from paribus.training.optimizers.update import Update

__all__ = ["Update"]
