"""Folders with one file per item and one folder per class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from paribus.errors import DataError


def files_of_classes(folder: Path, suffixes: Sequence[str], what: str) -> dict[str, list[Path]]:
    """The files CLASS/*, or train/CLASS/* and test/CLASS/*, in the order of their paths.

    Args:
        folder: holds nothing but the files in their folders.
        suffixes: endings of their names, in lower case.
        what: what an error calls such a file.

    Returns:
        All files under the key "", or those of each part under `_train` and `_test`.

    Raises:
        DataError: something else lies in the folder, a link leads out of it, a class is empty, or it cannot be read.
    """
    try:
        return _in_parts(folder, suffixes, what)
    except OSError as failed:
        raise DataError(f"{folder} cannot be read: {failed}. Is it the folder that is meant?") from failed


def _in_parts(folder: Path, suffixes: Sequence[str], what: str) -> dict[str, list[Path]]:
    parts = {"": folder}
    if (folder / "train").is_dir() or (folder / "test").is_dir():
        parts = {"_train": folder / "train", "_test": folder / "test"}
        _no_others(
            folder, [path for path in sorted(folder.iterdir()) if path not in parts.values()], "train/ and test/"
        )
    files = {key: _files(part, suffixes, what) for key, part in parts.items()}
    _no_links(folder, [*parts.values(), *{path.parent for part in files.values() for path in part}])
    _no_links(folder, [path for part in files.values() for path in part])
    return files


def _files(folder: Path, suffixes: Sequence[str], what: str) -> list[Path]:
    """The files of every class, in order."""
    if not folder.is_dir():
        raise DataError(f"{folder} does not exist. Beside a train or test folder there must be the other one.")
    inside = sorted(folder.iterdir())
    _no_others(
        folder, [path for path in inside if not path.is_dir() or path.name.startswith(".")], "one folder per class"
    )
    if not inside:
        raise DataError(f"{folder} is empty. It must hold one folder per class, and those hold {what}s.")
    return [path for one_class in inside for path in _of_class(one_class, suffixes, what)]


def _of_class(folder: Path, suffixes: Sequence[str], what: str) -> list[Path]:
    inside = sorted(folder.iterdir())
    shown = [path for path in inside if path.suffix.lower() in suffixes and path.is_file() and path.name[0] != "."]
    items = set(shown)
    _no_others(folder, [path for path in inside if path not in items], ", ".join(suffixes))
    if not shown:
        raise DataError(f"{folder} holds no {what}. Add some ({', '.join(suffixes)}) or remove the folder.")
    return shown


def _no_links(folder: Path, paths: Sequence[Path]) -> None:
    """What lies elsewhere is not read: a folder from somebody else could show a file of the reader's in a report."""
    inside = folder.resolve()
    for path in paths:
        if path != folder and path.is_symlink() and not path.resolve().is_relative_to(inside):
            raise DataError(
                f"{path} is a link to {path.resolve()}, out of {folder}. Copy it there, or remove the link."
            )


def _no_others(folder: Path, others: Sequence[Path], allowed: str) -> None:
    if others:
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        named = ", ".join(path.name for path in others[:5])
        raise DataError(f"{folder} also holds {named}{more}. Allowed there: {allowed}. Move or remove the rest.")
