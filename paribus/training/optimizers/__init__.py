"""Optimizers, one file each. Importing this registers them and does not import torch."""

from paribus.training.optimizers import adam, adamw, rmsprop, sgd
from paribus.training.optimizers.update import Update

__all__ = ["Update", "adam", "adamw", "rmsprop", "sgd"]
