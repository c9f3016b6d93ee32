"""A recipe: everything that determines one training but the seed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from paribus.spec.base import Record, wrong
from paribus.spec.data import Preparation
from paribus.spec.parts import OptionsOf, call_part

Metric = Literal["accuracy", "loss", "f1_macro", "f1_weighted"]


class EarlyStopping(Record):
    """Stop a run whose monitored validation metric no longer improves."""

    patience: int = Field(default=5, ge=1, description="Epochs without improvement after which the run stops.")
    min_delta: float = Field(default=0.0, ge=0, description="A smaller gain than this does not count as improvement.")


class Baseline(Record):
    """The recipe that factors depart from, as the study file writes it."""

    model: Annotated[Any, OptionsOf("model")] = Field(
        default={"kind": "mlp"}, validate_default=True, description="The network's family, and that one's options."
    )
    optimizer: Annotated[Any, OptionsOf("optimizer")] = Field(
        default={"kind": "adam"}, validate_default=True, description="The update rule, and that one's options."
    )
    epochs: int = Field(default=10, ge=1, description="Passes over the training rows.")
    batch_size: int = Field(default=128, ge=1, description="Rows a step; the last batch of an epoch may be smaller.")
    monitor: Literal["loss", "accuracy"] = Field(default="loss", description="Validation metric of the best epoch.")
    keep: Literal["last", "best"] = Field(default="last", description="Weights that are evaluated and stored.")
    early_stopping: EarlyStopping | None = Field(default=None, description="Off unless given.")


class Recipe(Baseline):
    """The baseline with a level applied, and the preparation of the data."""

    data: Preparation

    @model_validator(mode="after")
    def _needs_validation(self) -> Recipe:
        if self.data.validation == 0 and (self.early_stopping or self.keep == "best"):
            raise wrong("early_stopping and keep: best need validation rows, found data.validation = 0")
        return self

    def built(self) -> tuple[Any, ...]:
        """What the recipe comes to: equal where different options mean the same training."""
        rest = self.model_dump(mode="json", exclude={"model", "optimizer"})
        return call_part("model", self.model), call_part("optimizer", self.optimizer), rest
