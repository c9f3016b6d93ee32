"""What this machine was measured to do, which decides what `precision: auto` means; remembered in the user's cache."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from paribus.environment import instructions

GAIN = 1.2
"""Times as fast as float32 that bfloat16 must be to be taken; where the processor has it, it is 1.7 times or more."""

EMULATED = 0.25
"""Times as fast as float32 below which bfloat16 is emulated: 0.02 to 0.15 with AVX2, 0.35 with AVX-512 alone."""

_MEASURE = ["-P", "-m", "paribus.training.speed"]
_TIME_S = 120


@dataclass(frozen=True)
class Throughput:
    """Additions and multiplications per second of one thread, in 1e9."""

    fp32: float
    bf16: float

    @property
    def gains(self) -> bool:
        """Whether bfloat16 is worth it."""
        return self.bf16 > GAIN * self.fp32

    @property
    def emulates(self) -> bool:
        """Whether the processor lacks bfloat16."""
        return self.bf16 < EMULATED * self.fp32

    def __str__(self) -> str:
        return f"{self.fp32:.0f} GFLOP/s in fp32, {self.bf16:.0f} in bf16"


@dataclass(frozen=True)
class Machine:
    """How fast layers compute in either precision.

    Args:
        dense: float32 matrices, in bfloat16 by products that round their factors; as in float32 where there are none.
        images: convolutions and their gradients.
    """

    dense: Throughput
    images: Throughput


UNKNOWN = Machine(Throughput(0.0, 0.0), Throughput(0.0, 0.0))
"""Where nothing could be measured: bfloat16 is neither worth it nor emulated."""


@cache
def machine() -> Machine:
    """What was measured here, by this version of PyTorch with these instructions; measured now if it never was.

    That takes a child process of two seconds. What cannot be kept is measured again by the next process.
    """
    with suppress(OSError, ValueError, TypeError, KeyError):
        return _of(json.loads(remembered().read_text(encoding="utf-8")))
    try:
        measured = _of(_measured())
    except (OSError, subprocess.SubprocessError, ValueError, TypeError, KeyError):
        return UNKNOWN
    with suppress(OSError):
        _keep(json.dumps({**instructions(), **asdict(measured)}, indent=1))
    return measured


def remembered() -> Path:
    """The file of this machine; what it is named by decides the speed."""
    import pooch  # late, as few studies need it

    name = hashlib.sha256(json.dumps(instructions(), sort_keys=True).encode()).hexdigest()[:12]
    return Path(pooch.os_cache("paribus")) / f"machine-{name}.json"


def _of(values: dict[str, Any]) -> Machine:
    kinds: tuple[Literal["dense", "images"], ...] = ("dense", "images")
    dense, images = (Throughput(float(values[kind]["fp32"]), float(values[kind]["bf16"])) for kind in kinds)
    return Machine(dense, images)


def _measured() -> dict[str, Any]:
    """By a process of its own, as the one that plans does not import PyTorch."""
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, *_MEASURE],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=_TIME_S,
    )
    return json.loads(done.stdout)


def _keep(text: str) -> None:
    file = remembered()
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{os.getpid()}")
    new.write_text(text, encoding="utf-8")
    new.replace(file)
