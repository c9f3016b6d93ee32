"""The verbs and flags, frozen: few, all documented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from paribus.cli.app import app

FLAGS = {
    "init": [],
    "studies": ["--json"],
    "plan": ["--freeze", "--home", "--json", "--quick", "--seeds", "--set", "--trust", "--workers"],
    "run": ["--home", "--json", "--quick", "--run-timeout", "--seeds", "--set", "--trust", "--workers"],
    "list": ["--home", "--json"],
    "show": ["--home", "--json"],
    "report": ["--home", "--output", "-o"],
    "diff": ["--home", "--json", "--other-home"],
    "check": ["--home", "--json", "--quick", "--workers"],
    "schema": [],
    "doctor": ["--fix", "--home", "--json"],
    "data list": ["--json"],
    "data get": ["--trust"],
    "data show": ["--image-size", "--json", "--label", "--output", "--text", "--trust", "-o"],
}


def verbs(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    for key, below in getattr(command, "commands", {}).items():
        yield from verbs(below, f"{name} {key}".strip())
    if not hasattr(command, "commands"):
        yield name, command


COMMANDS = dict(verbs(typer.main.get_command(app)))


def test_verbs_and_flags_are_frozen() -> None:
    found = {
        name: sorted(flag for p in command.params if p.param_type_name == "option" for flag in p.opts)
        for name, command in COMMANDS.items()
    }
    assert found == FLAGS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_parameter_is_documented(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert all(parameter.help for parameter in command.params)
