"""`paribus init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from paribus.cli.options import writing

_TEMPLATE = """\
# A study: one question, a baseline, and what is varied. Check it with `paribus plan {file}`,
# run it with `paribus run {file}`. All fields: `paribus schema`.
name: {name}
question: Does depth help?
data:
  source: fashion_mnist_mini    # see `paribus data list`; or a CSV or NPZ file, or module:function
  scale: standard               # none | unit | standard | per-feature | l2-rows | l2-columns | image-columns
  validation: 0.1               # share of the training part; the test set is never used to choose
baseline:
  model: {{kind: mlp, width: 128, depth: 2, activation: relu}}
  optimizer: {{kind: adam, lr: 0.001}}
  epochs: 10
  batch_size: 128
seeds: 5
metric: accuracy
margin: 0.01                    # smallest difference that would matter to you
factors:
  depth:
    vary: model.depth
    levels: [1, 2, 3]
    reference: 2
"""


def init(
    path: Annotated[Path, typer.Argument(help="Study file to write.")] = Path("study.yaml"),
) -> None:
    """Write a study file to start from."""
    from paribus.errors import SpecError
    from paribus.spec.data import is_name
    from paribus.spec.files import parse_yaml

    if path.suffix not in (".yaml", ".yml"):
        raise SpecError(f"A study file ends in .yaml, found {str(path)!r}.")
    if not is_name(path.stem):
        raise SpecError(f"A study's name is letters, digits, '-' and '_', found {path.stem!r}.")
    name = path.stem if parse_yaml(path.stem) == path.stem else f'"{path.stem}"'  # 2024 would be a number
    with writing(path, "Choose another place."):
        if path.exists():
            raise SpecError(f"{path} is already there; choose another name, or remove it first.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_TEMPLATE.format(file=path, name=name), encoding="utf-8")
    typer.echo(f"Wrote {path}. Next: paribus plan {path}")
