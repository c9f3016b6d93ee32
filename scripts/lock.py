"""Write the tested versions with the hashes of their files, for every system and Python: `requirements/`.

usage: lock.py UV [PACKAGE ...]

UV is the program of that name. Versions that are written there stay, but those of PACKAGES, which get the newest.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "requirements"
HEAD = "# Written by `make lock`. PyTorch is not listed: scripts/install.py brings it first, each system's own build.\n"


def wanted(*extras: str) -> list[str]:
    """What pyproject.toml names, and what PyTorch's CPU builds need; without PyTorch."""
    values = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = values["project"]
    named = [*project["dependencies"], *values["build-system"]["requires"], *(requires("torch") or ())]
    named += [name for extra in extras for name in project["optional-dependencies"][extra]]
    return [name for name in named if not re.match(r"torch\W", name) and "extra ==" not in name]


def locked(uv: str, names: list[str], known: Path, newest: list[str]) -> list[str]:
    """Each package's version with its hashes; those in the file `known` stay."""
    upgrades = [word for name in newest for word in ("--upgrade-package", name)]
    words = [uv, "pip", "compile", "-", "--output-file", known, "--universal", "--python-version", "3.11", *upgrades]
    words += ["--generate-hashes", "--no-annotate", "--no-header", "--quiet"]
    subprocess.run(words, input="\n".join(names), text=True, check=True)
    return re.split(r"\n(?=\w)", known.read_text(encoding="utf-8").strip())


def main(uv: str, *newest: str) -> None:
    """Lock everything, then what runs, in the same versions; and list the rest apart."""
    FOLDER.mkdir(exist_ok=True)
    run, dev = FOLDER / "run.txt", FOLDER / "dev.txt"
    dev.write_text("\n".join(file.read_text(encoding="utf-8") for file in (run, dev) if file.exists()))
    all_of_it = locked(uv, wanted("interpret", "tune", "dev"), dev, list(newest))
    run.write_text("\n".join(all_of_it))
    what_runs = locked(uv, wanted("interpret"), run, [])
    run.write_text(HEAD + "\n".join(what_runs) + "\n", encoding="utf-8")
    rest = [package for package in all_of_it if package not in what_runs]
    dev.write_text(HEAD + "-r run.txt\n" + "\n".join(rest) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
