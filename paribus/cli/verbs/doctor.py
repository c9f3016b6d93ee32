"""`paribus doctor`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from paribus.cli.options import AsJson, Home, print_json

_MOST = 20
"""Lines of a list that are printed."""


def doctor(
    home: Home = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Repair what is safe in the home, while no study runs, and say what was done.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check the machine, the installation, the data and the home directory; exit 1 where something there is damaged."""
    values = _examine(home)
    values["home"] |= _examine_home(home, fix)
    if as_json:
        print_json(values)
    else:
        for section, entries in values.items():
            typer.echo(f"{section}")
            for name, value in entries.items():
                _print(name, value)
    if values["home"]["faults"]:
        raise typer.Exit(1)


def _print(name: str, value: Any) -> None:
    lines = value if isinstance(value, list) else [value]
    if len(lines) > _MOST:
        lines = [*lines[:_MOST], f"and {len(lines) - _MOST:,} more, see --json"]
    for number, line in enumerate(lines or ["none"]):
        typer.echo(f"  {'' if number else name:<20} {line}")


def _examine_home(home: Any, fix: bool) -> dict[str, Any]:
    from dataclasses import asdict

    from paribus.store import home_directory
    from paribus.store.examine import examine, mend

    folder = home_directory(home)
    done = {"mended": mend(folder)} if fix else {}
    findings = asdict(examine(folder))
    return {
        "studies": findings["studies"],
        "runs": findings["runs"],
        "not verified": findings["unverified"],
        "set aside": findings["aside"],
        **done,
        "faults": findings["faults"],
    }


def _examine(home: Any) -> dict[str, dict[str, Any]]:
    import shutil

    import torch

    from paribus.data import locations
    from paribus.environment import environment
    from paribus.execution import number_of_workers
    from paribus.machine import machine, remembered
    from paribus.spec.parts import parts
    from paribus.spec.recipe import SAME_IN_BF16
    from paribus.store import home_directory
    from paribus.training.precision import choose_precision, product_error

    torch.set_num_threads(1)
    chosen = choose_precision()
    gaining = [model for model, layers in SAME_IN_BF16.items() if getattr(machine(), layers).gains]
    folder = home_directory(home)
    place = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    return {
        "machine": environment(),
        "engine": {
            "workers": number_of_workers(),
            "products": f"{chosen}, relative error {product_error():.1e}",
            "dense layers": str(machine().dense),
            "images": str(machine().images),
            "precision: auto": f"bf16 for {', '.join(gaining)}" if gaining else "fp32",
            "remembered in": str(remembered()),
            "vector units": torch.backends.cpu.get_cpu_capability(),
        },
        "home": {
            "directory": str(folder.absolute()),
            "free space": f"{shutil.disk_usage(place).free / 2**30:.1f} GiB",
        },
        "data": {
            name: "; ".join(f"{where}: {what}" for where, what in locations(name)) for name in sorted(parts("data"))
        },
    }
