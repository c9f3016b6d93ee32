"""Two ways that meet again."""

from __future__ import annotations

from paribus.models.blueprint import Residual
from paribus.models.listed import Layers, on_paper
from paribus.spec.parts import part


@part("layer")
def residual(inner: Layers, *, shortcut: Layers = ()) -> Residual:
    """inner(x) + shortcut(x); without a shortcut, inner(x) + x."""
    return Residual(on_paper(inner), on_paper(shortcut))
