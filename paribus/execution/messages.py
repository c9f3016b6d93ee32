"""What a worker and the driver tell each other through a pipe of their own; arrays cross as they are, one by one."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from paribus.store.records import RunRecord

LIMIT = 10_000
"""Characters that are kept of an error's text, and bytes of what a worker prints during a job."""


@dataclass(frozen=True)
class Surroundings:
    """Where the driver is: its search path and its working directory."""

    path: Sequence[str]
    folder: str


@dataclass(frozen=True)
class Progressed:
    """Epochs done, and the validation accuracy after the last, by the runs' keys."""

    runs: Mapping[str, tuple[int, float]]


@dataclass(frozen=True)
class Done:
    """A job is done: its records."""

    records: list[RunRecord]


@dataclass(frozen=True)
class Failed:
    """A job came to an error.

    Args:
        text: of at most `LIMIT` characters, with the traceback.
        kind: what the error says: `memory` ran out, the `store` cannot be written, or anything `else`.
    """

    text: str
    kind: str = "else"


def send(pipe: Connection, message: Any) -> None:
    """Send a message; its arrays are neither copied nor pickled."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
    pipe.send_bytes(len(buffers).to_bytes(4) + head)
    for buffer in buffers:
        pipe.send_bytes(buffer.raw())


def receive(pipe: Connection) -> Any:
    """The next message; it comes from a process of ours, and never lay in a file.

    Raises:
        EOFError: the other side has closed its end.
        OSError: the pipe is broken.
    """
    head = memoryview(pipe.recv_bytes())
    buffers = [pipe.recv_bytes() for _ in range(int.from_bytes(head[:4]))]
    return pickle.loads(head[4:], buffers=buffers)


def limited(text: str) -> str:
    """The text; of one that is longer than `LIMIT` its beginning and its end, and what is left out between, counted."""
    if len(text) <= LIMIT:
        return text
    half = LIMIT // 2 - 50
    return f"{text[:half]}\n[{len(text) - 2 * half:,} characters are left out]\n{text[-half:]}"
