"""What was asked: frozen records, checked when made, with a YAML twin."""

from paribus.spec.data import DataSpec, Preparation, TextFeatures
from paribus.spec.recipe import EarlyStopping, Recipe
from paribus.spec.study import Factor, StudySpec
from paribus.spec.validation import Folds, Last

__all__ = ["DataSpec", "EarlyStopping", "Factor", "Folds", "Last", "Preparation", "Recipe", "StudySpec", "TextFeatures"]
