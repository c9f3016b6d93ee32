"""`paribus doctor`."""

from __future__ import annotations

from typing import Any

import typer

from paribus.cli.options import AsJson, Home, print_json


def doctor(home: Home = None, as_json: AsJson = False) -> None:
    """Check the machine, the installation, the data and the home directory."""
    values = _examine(home)
    if as_json:
        print_json(values)
        return
    for section, entries in values.items():
        typer.echo(f"{section}")
        for name, value in entries.items():
            typer.echo(f"  {name:<20} {value}")


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
            "studies": "yes" if (folder / "paribus.db").exists() else "none yet",
            "free space": f"{shutil.disk_usage(place).free / 2**30:.1f} GiB",
        },
        "data": {
            name: "; ".join(f"{where}: {what}" for where, what in locations(name)) for name in sorted(parts("data"))
        },
    }
