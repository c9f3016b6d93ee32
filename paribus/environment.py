"""The machine and the versions that a study ran on."""

from __future__ import annotations

import hashlib
import os
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path


def environment() -> dict[str, str | int]:
    """Processor, cores, system and the versions that numbers depend on; read without importing torch."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "system": platform.platform(),
        "python": platform.python_version(),
        **{package: version(package) for package in ("paribus", "torch", "numpy", "scipy")},
    }


def instructions() -> dict[str, str]:
    """What decides how fast numbers are computed: the processor, what it may use, and PyTorch's version."""
    limits = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY", "MKL_ENABLE_INSTRUCTIONS")
    told = {"processor": _processor(), "flags": _cpuinfo("flags"), "torch": version("torch")}
    return {**told, **{name: os.environ[name] for name in limits if name in os.environ}}


@cache
def program() -> str:
    """A hash of the program's own files: equal only where all of them are."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(path for path in root.rglob("*") if path.suffix in (".py", ".html", ".css", ".js")):
        digest.update(f"{path.relative_to(root)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _processor() -> str:
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _cpuinfo(name: str) -> str:
    """What Linux says of the first core; empty elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
