"""Fetch a published file from its mirrors: checked, retried, unpacked, moved into place only when whole."""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from paribus.errors import DataError

WAITS_S = (1.0, 4.0)
"""Pause after each failed try of a mirror; there is one try more than there are pauses."""
_TIMEOUT_S = (5, 30)  # to connect, to wait for the next bytes


def download(file: str, md5: str, mirrors: Sequence[str], folder: Path) -> Path:
    """Fetch `file` from the first mirror that serves it whole.

    Args:
        file: name of the file, on the mirror and in `folder`.
        md5: its published checksum, hexadecimal.
        mirrors: addresses in order of preference, each ending in a slash.
        folder: where it is put; made if it is not there.

    Returns:
        Path of the file, whose checksum is right.

    Raises:
        DataError: no mirror served it; one line per mirror says why. Or `folder` cannot be written.
    """
    said: list[str] = []
    for mirror in mirrors:
        reason = _try_mirror(mirror + file, md5, folder / file)
        if not reason:
            return folder / file
        said.append(f"  {mirror}{file}: {reason}")
    raise DataError("\n".join(said))


def unpack(archive: Path, files: Sequence[str], folder: Path) -> None:
    """Move the named files of a .tar.gz into `folder`, then remove the archive.

    It is read as a stream, once; nothing else in it is written, and no path in it is followed.

    Raises:
        DataError: a file is not in it, or `folder` cannot be written.
    """
    missing = set(files)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive, "r|gz") as stream, tempfile.TemporaryDirectory(dir=folder) as temporary:
            for member in stream:
                name, content = Path(member.name).name, stream.extractfile(member)
                if name in missing and content:
                    missing.remove(name)
                    with (Path(temporary) / name).open("wb") as target:
                        shutil.copyfileobj(content, target, 1 << 20)
                    os.replace(target.name, folder / name)
    except Exception as failed:  # tarfile and zlib raise many kinds for damaged files
        raise DataError(f"  {archive} cannot be unpacked into {folder}: {failed}") from failed
    if missing:
        raise DataError(f"  {archive} holds no {', '.join(sorted(missing))}")
    archive.unlink()


def _try_mirror(url: str, md5: str, target: Path) -> str:
    """Why the mirror did not serve the file; empty if it did."""
    reason = ""
    for attempt, wait_s in enumerate((*WAITS_S, 0.0), start=1):
        reason, again = _try_once(url, md5, target)
        if not again:
            return reason
        reason = f"{reason} ({attempt} tries)"
        time.sleep(wait_s)
    return reason


def _try_once(url: str, md5: str, target: Path) -> tuple[str, bool]:
    """What went wrong, if anything, and whether another try could help."""
    import pooch
    from requests import RequestException

    bar = _Bar(target.name) if sys.stderr.isatty() else None
    options: dict[str, Any] = {"progressbar": bar or False, "chunk_size": 1 << 16, "timeout": _TIMEOUT_S}
    try:
        fetch: Any = pooch.HTTPDownloader(**options)
        pooch.retrieve(url, f"md5:{md5}", fname=target.name, path=target.parent, downloader=fetch)
    except RequestException as failed:
        status = failed.response.status_code if failed.response is not None else 0
        refused = 400 <= status < 500 and status not in (408, 429)
        return (f"HTTP status {status}" if status else f"{type(failed).__name__}: {failed}"), not refused
    except ValueError:  # pooch: the checksum differs
        return "what it sent has another checksum than was published", True
    except OSError as failed:
        raise DataError(
            f"Cannot write {target}: {failed}. Make room or set XDG_CACHE_HOME to a folder you may write in."
        ) from failed
    finally:
        if bar:
            bar.close()
    return "", False


class _Bar:
    """A rich progress bar on stderr under the names that pooch calls."""

    def __init__(self, text: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        self._progress: Any = Progress(*columns, console=Console(stderr=True, markup=False))
        self._task = self._progress.add_task(text, total=None)
        self._progress.start()
        self.total = 0

    def update(self, num_bytes: int) -> None:
        self._progress.update(self._task, total=self.total, advance=num_bytes)

    def reset(self) -> None:
        self._progress.reset(self._task)

    def close(self) -> None:
        self._progress.stop()
