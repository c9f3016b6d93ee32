"""A trained network, loaded: it scales items as its training did, and names the classes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import torch
from pydantic import ValidationError

from paribus.data.scaling import Scaling
from paribus.data.text.features import Vectorizer
from paribus.errors import DataError, SpecError, StoreError
from paribus.models.blueprint import model_of
from paribus.models.network import make_network
from paribus.spec import Recipe
from paribus.spec.base import check_values, explain
from paribus.spec.parts import check_code, find_part, trust_own
from paribus.training.feed import Feed, NumberFeed, TextFeed
from paribus.training.precision import choose_precision, warn_unless_products_repeat
from paribus.training.step import probabilities

Items = np.ndarray | Sequence[str]


class Trained:
    """One run's network with its preprocessing and class names.

    Args:
        recipe: the run's recipe, as JSON values.
        weights: tensors by name, as `weights_of` gave them.
        item_shape: of one item, as the data set has it.
        class_names: one name per class.
        code: hash of the model's code, if it is the user's, when it was trained; None if that is not known.
        trust: import that code by the name that the recipe gives, if its hash is `code`.

    Raises:
        SpecError: the model's code, if it is the user's, is not here, or is not what was trained.
        StoreError: the recipe and the weights do not belong together.
    """

    def __init__(
        self,
        recipe: Mapping[str, Any],
        weights: Mapping[str, np.ndarray],
        item_shape: Sequence[int],
        class_names: Sequence[str],
        *,
        code: str | None = None,
        trust: bool = False,
    ) -> None:
        self.recipe = _checked(recipe, code, trust)
        if not all(isinstance(size, int) and size > 0 for size in item_shape):
            raise StoreError(f"item_shape must be whole numbers from 1 up, found {repr(item_shape)[:100]}.")
        self.item_shape, self.class_names = tuple(item_shape), tuple(map(str, class_names))
        shape = self.recipe.data.feature_shape(self.item_shape)
        _check_size(self.recipe, shape, len(class_names), sum(np.size(value) for value in weights.values()))
        self.network = make_network([self.recipe], [0], shape, len(class_names))
        for name, value in self.network.state_of(0).items():
            if (stored := np.shape(weights.get(name, 0))) != value.shape:
                raise SpecError(
                    f"The model's code was changed since: {name} has shape {tuple(value.shape)}, not {stored}. "
                    "Restore the code, or run the study again."
                )
        self.network.restore(0, {name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
        scale, text = self.recipe.data.scale, self.recipe.data.text
        self._fitted = (
            Vectorizer.from_arrays(text, weights, scale == "l2-rows")
            if text
            else Scaling.from_arrays(weights, scale, self.item_shape)
        )
        with _as_trained(self.recipe.precision == "bf16"):
            warn_unless_products_repeat()

    def predict_proba(self, items: Items) -> np.ndarray:
        """Class probabilities, shape (row, class), float32; where the training was, the stored ones bit for bit.

        Args:
            items: unscaled items as the data set has them, shape (row, *item_shape); or texts.

        Raises:
            DataError: the items have another shape, or are not what the network was trained on.
        """
        with _as_trained(self.recipe.precision == "bf16"):
            return probabilities(self.network, self._feed(items), torch.arange(len(items)).unsqueeze(0))[0].numpy()

    def predict(self, items: Items) -> list[str]:
        """The name of the most probable class of each item; arguments as for `predict_proba`."""
        return [self.class_names[code] for code in self.predict_proba(items).argmax(axis=1)]

    def _feed(self, items: Items) -> Feed:
        labels = torch.zeros(len(items), dtype=torch.int64)
        if isinstance(self._fitted, Vectorizer):
            if isinstance(items, str) or not all(isinstance(text, str) for text in items):
                raise DataError(f"Items must be a list of texts, found {type(items).__name__}.")
            return TextFeed([self._fitted.transform(list(items))], labels)
        if not isinstance(items, np.ndarray) or items.shape[1:] != self.item_shape or items.dtype.kind not in "uifb":
            raise DataError(
                f"Items must be numbers of shape (rows, {', '.join(map(str, self.item_shape))}), "
                f"found {getattr(items, 'dtype', type(items).__name__)} of shape {np.shape(items)}."
            )
        x_NF = items if items.dtype == np.uint8 else items.astype(np.float32)
        flat = torch.from_numpy(np.ascontiguousarray(x_NF.reshape(len(items), math.prod(self.item_shape))))
        return NumberFeed(flat, labels, [self._fitted])

    def features(self, items: Items) -> np.ndarray:
        """What the head sees of each item, shape (row, feature), float32; arguments as for `predict_proba`."""
        seen: list[torch.Tensor] = []
        called: list[torch.Tensor] = []
        hooks = [head.register_forward_pre_hook(lambda _, x: called.append(x[0])) for head in self.network.heads]

        def keep(_module: Any, _x: Any, scores_MBC: torch.Tensor) -> None:
            x, rows = called[-1], scores_MBC.shape[1]
            seen.append(x.reshape(rows, x.numel() // rows if rows else x.shape[-1]))
            called.clear()

        hooks.append(self.network.register_forward_hook(keep))
        try:
            self.predict_proba(items)
        finally:
            for hook in hooks:
                hook.remove()
        return torch.cat(seen).numpy()


def _checked(values: Mapping[str, Any], code: str | None, trust: bool) -> Recipe:
    """The recipe; a user's model in it is registered, not called, and refused if it is known to be another one."""
    named = cast(Any, values.get("model"))
    kind = named.get("kind") if isinstance(named, dict) else named
    if trust and isinstance(kind, str) and ":" in kind:
        trust_own("model", kind, code)
    check_values(dict(values))
    try:
        recipe = Recipe.model_validate(dict(values))
    except ValidationError as error:
        raise SpecError(explain(error, "A network cannot be loaded without its code")) from None
    own = find_part("model", recipe.model.kind).own
    if own and code:
        check_code(recipe.model.kind, own, code)
    return recipe


def _check_size(recipe: Recipe, shape: tuple[int, ...], num_classes: int, stored: int) -> None:
    """Refuse to build a network of more parameters than are stored, which could fill the memory."""
    outputs = 1 if recipe.output == "sigmoid" else num_classes
    own = find_part("model", recipe.model.kind).own
    num = 0 if own else model_of(recipe).parameters(shape, outputs)
    if num > stored:
        raise StoreError(
            f"The recipe's network has {num:,} parameters, but {stored:,} numbers are stored. Train it again."
        )


@contextmanager
def _as_trained(bf16: bool) -> Iterator[None]:
    """One thread, the products of training, tiny numbers flushed to zero; then what the program had before."""
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    flushed = not torch.tensor(1e-40).mul(1).item()
    torch.set_flush_denormal(True)
    torch.set_num_threads(1)
    choose_precision(bf16)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(flushed)
        torch.set_float32_matmul_precision(precision)
