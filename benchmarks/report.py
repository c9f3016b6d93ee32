"""A page of measurements, with the machine that they were made on."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

PEERS = ("tensorflow-cpu", "keras", "keras-tuner", "torch", "scikit-learn", "numpy")


def write_report(title: str, intro: str, parts: Mapping[str, str], machine: Mapping[str, Any], output: Path) -> None:
    """Write a page in Markdown.

    Args:
        title: its heading.
        intro: its first words.
        parts: its sections by heading.
        machine: what `benchmarks.ours.machine` found, and the `load` before.
        output: the file.
    """
    sections = {**parts, "Machine": _machine(machine)}
    text = "\n\n".join([f"# {title}", intro, *(f"## {head}\n\n{body}" for head, body in sections.items())]) + "\n"
    output.write_text(text, encoding="utf-8")


def _machine(machine: Mapping[str, Any]) -> str:
    from benchmarks.memory import total_bytes

    memory = total_bytes() / 2**30
    rates = ", ".join(f"{machine[f'{kind}_rate'] / 1e9:,.0f} GFLOP/s in {kind}" for kind in ("fp32", "bf16"))
    ours = ", ".join(f"{name} {machine[name]}" for name in ("paribus", "torch", "numpy", "scipy", "python"))
    peers = ", ".join([*(f"{name} {version(name)}" for name in PEERS), f"python {sys.version.split()[0]}"])
    lines = [
        f"processor: {machine['processor']}, {machine['cores']} cores, {memory:.1f} GiB of memory",
        f"system: {machine['system']}",
        f"products of matrices, all cores at once: {rates}",
        f"load before: {machine['load']:.2f} processes",
        f"ours: {ours}",
        f"peers: {peers}",
        f"measured: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    ]
    return "\n".join(f"- {line}" for line in lines)
