"""A recipe: everything that determines one training but the seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, cast, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema, model_serializer, model_validator

from paribus.errors import SpecError, suggest
from paribus.machine import machine
from paribus.metric import METRICS, STORED, find_metric
from paribus.metric.own import register
from paribus.spec.base import Record, wrong
from paribus.spec.data import Preparation
from paribus.spec.parts import OptionsOf, call_part

if TYPE_CHECKING:
    Monitor = str
else:
    Monitor = Literal[(*STORED, "train_loss")]


def _check_metric(metric: Any) -> Any:
    if callable(metric) or (isinstance(metric, str) and ":" in metric):
        try:
            return register(metric)
        except SpecError as error:
            raise wrong(str(error).removesuffix(".")) from error
    if not isinstance(metric, str) or not find_metric(metric):
        raise wrong(f"must be one of these, found {metric!r}", allowed=suggest(metric, METRICS))
    return metric


MetricName = Annotated[
    str,
    BeforeValidator(_check_metric),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(METRICS)},
                {"type": "string", "pattern": "^top_[1-9][0-9]*$", "description": "Top-k accuracy, as in top_3."},
                {"type": "string", "pattern": ":", "description": "A function of your own: module:function[:lower]."},
            ]
        }
    ),
]

SAME_IN_BF16 = {"mlp": "dense", "cnn": "images"}
"""Models that were shown to reach the same accuracy in bfloat16, and the layers that they spend their time in:
`docs/design/precision.md`."""


def _check_weights(weights: Any) -> Any:
    if weights is None or weights == "balanced":
        return weights
    numbers = cast(list[Any], weights) if isinstance(weights, list | tuple) else []
    if len(numbers) < 2 or not all(isinstance(w, int | float) and not isinstance(w, bool) and w > 0 for w in numbers):
        raise wrong(f"must be `balanced` or one number above 0 a class, found {weights!r}")
    return tuple(float(w) for w in numbers)


ClassWeights = Annotated[
    Literal["balanced"] | Annotated[tuple[Annotated[float, Field(gt=0)], ...], Field(min_length=2)] | None,
    BeforeValidator(_check_weights),
]


Source = Literal["split", "init", "order", "dropout", "augment"]


def _check_sources(sources: Any) -> Any:
    known = get_args(Source)
    found = cast(list[Any], sources) if isinstance(sources, list | tuple) else []
    if sources is not None and (not found or not all(source in known for source in found)):
        raise wrong(f"must be a list of {', '.join(known)}, found {sources!r}")
    return tuple(dict.fromkeys(found)) or None


Sources = Annotated[tuple[Source, ...] | None, BeforeValidator(_check_sources)]


class EarlyStopping(Record):
    """Stop a run whose monitored metric no longer improves."""

    patience: int = Field(default=5, ge=1, description="Epochs without improvement after which the run stops.")
    min_delta: float = Field(default=0.0, ge=0, description="A smaller gain than this does not count as improvement.")


class Augmentation(Record):
    """Random changes of training images; each number is the largest change, 0 for none."""

    flip: bool = Field(default=False, description="Mirror half of the images, left to right.")
    rotation: float = Field(default=0.0, ge=0, le=180, description="Degrees, either way.")
    shift: float = Field(default=0.0, ge=0, le=1, description="Share of height and width, either way.")
    zoom: float = Field(default=0.0, ge=0, lt=1, description="Share by which images grow or shrink.")
    brightness: float = Field(default=0.0, ge=0, le=1, description="Share of the value range, up or down.")
    contrast: float = Field(default=0.0, ge=0, le=1, description="Share by which distances from the mean change.")
    cutout: float = Field(default=0.0, ge=0, le=1, description="Side of a blackened square, as a share of the image.")


class Baseline(Record):
    """The recipe that factors depart from, as the study file writes it."""

    model: Annotated[Any, OptionsOf("model")] = Field(
        default={"kind": "mlp"}, validate_default=True, description="The network's family, and that one's options."
    )
    optimizer: Annotated[Any, OptionsOf("optimizer")] = Field(
        default={"kind": "adam"}, validate_default=True, description="The update rule, and that one's options."
    )
    schedule: Annotated[Any, OptionsOf("schedule")] = Field(
        default={"kind": "constant"}, validate_default=True, description="How the learning rate changes."
    )
    warmup_epochs: float = Field(default=0.0, ge=0, description="Linear rise of the learning rate before the schedule.")
    l2: float = Field(default=0.0, ge=0, description="Loss of l2 times the sum of squared kernel weights, as in Keras.")
    label_smoothing: float = Field(default=0.0, ge=0, lt=1, description="Share of the target given to all classes.")
    class_weights: ClassWeights = Field(default=None, description="Factor of each class in the loss, or `balanced`.")
    clip_norm: float | None = Field(default=None, gt=0, description="Largest norm of a run's gradient.")
    output: Literal["softmax", "sigmoid"] = Field(
        default="softmax", description="`sigmoid`: one output for two classes."
    )
    augment: Augmentation | None = Field(default=None, description="Random changes of training images.")
    epochs: int = Field(default=10, ge=1, le=1_000_000, description="Passes over the training rows.")
    batch_size: int = Field(
        default=128, ge=1, le=1_000_000_000, description="Rows per step; the last batch of an epoch may be smaller."
    )
    shuffle: bool = Field(
        default=True, description="Rows in a new order each epoch; else in that of the data, as with Keras' `shuffle`."
    )
    precision: Literal["fp32", "bf16", "auto"] = Field(
        default="fp32",
        description="`bf16`: layers on images compute in bfloat16, dense layers multiply in it; weights stay float32. "
        "`auto`: that where it was measured to be faster and such networks were shown to learn the same.",
    )
    monitor: Monitor = Field(
        default="loss",
        description="Validation metric of the best epoch, or `train_loss`, which needs no validation rows.",
    )
    keep: Literal["last", "best"] = Field(default="last", description="Weights that are evaluated and stored.")
    early_stopping: EarlyStopping | None = Field(default=None, description="Off unless given.")
    vary_only: Sources = Field(
        default=None, description="What differs from seed to seed; the rest is that of seed 0. Everything unless given."
    )

    @model_serializer(mode="wrap")
    def _as_before(self, handler: Any) -> dict[str, Any]:
        """Without newer options where they are as before, so that such a run keeps the key that it always had."""
        values: dict[str, Any] = handler(self)
        before = {"vary_only": None, "shuffle": True}
        return {name: value for name, value in values.items() if name not in before or value != before[name]}

    def seed_of(self, source: Source, seed: int) -> int:
        """The seed that a source of randomness takes in the run with `seed`."""
        return seed if self.vary_only is None or source in self.vary_only else 0


class Recipe(Baseline):
    """The baseline with a level applied, and the preparation of the data."""

    data: Preparation

    @model_validator(mode="before")
    @classmethod
    def _settled(cls, values: Any) -> Any:
        """`precision: auto` becomes what it means on this machine, so that a run's key and record say what it was."""
        given = cast(dict[str, Any], values) if isinstance(values, dict) else {}
        if given.get("precision") == "auto":
            layers = SAME_IN_BF16.get(given["model"]["kind"]) if not given["data"].get("text") else None
            gains = layers is not None and getattr(machine(), layers).gains
            given = {**given, "precision": "bf16" if gains else "fp32"}
        return given or cast(Any, values)

    @model_validator(mode="after")
    def _needs_validation(self) -> Recipe:
        rows = "validation rows, found data.validation = 0; monitor: train_loss needs none"
        if not self.watched and (self.early_stopping or self.keep == "best"):
            raise wrong(f"early_stopping and keep: best need {rows}")
        if self.warmup_epochs >= self.epochs:
            raise wrong(f"must be less than epochs = {self.epochs}, found {self.warmup_epochs:g}", "warmup_epochs")
        if not self.watched and self.schedule.__dict__["kind"] == "reduce_on_plateau":
            raise wrong(f"reduce_on_plateau needs {rows}")
        return self

    @property
    def watched(self) -> str | None:
        """Column of the history that `monitor` means; None where it takes validation rows and there are none."""
        if self.monitor == "train_loss":
            return "train_loss"
        return f"val_{self.monitor}" if self.data.validates else None

    def built(self) -> tuple[Any, ...]:
        """What the recipe comes to: equal where different options mean the same training."""
        rest = self.model_dump(mode="json", exclude={"model", "optimizer"})  # a schedule is its options
        return call_part("model", self.model), call_part("optimizer", self.optimizer), rest
