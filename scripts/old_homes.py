"""Make the homes of tests/story/old_homes with the code of an earlier commit, which the code of today must read.

usage: old_homes.py PACKAGES [KIND ...]

PACKAGES is a folder with what that commit needs and this one does not: `pip install --target PACKAGES pebble==5.1.1`.
Of every study file KIND.yaml there it trains the study by `paribus run`, and keeps beside it: KIND.tar.xz, the home
without reports and laid-out data; KIND.json and KIND.txt, what `paribus show` printed, with `--json` and without.

The homes that are there were made so from commit ebea412, the last one whose database has version 0001 and whose
ENGINE is 8, on Linux with Python 3.11 and PyTorch 2.13. They are never made anew to please a test.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

COMMIT = "ebea412"
ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tests" / "story" / "old_homes"
LEFT_OUT = {"reports", "data", "checkpoints", "probes"}
MAIN = "from paribus.cli.main import main; main()"


def check_out(folder: Path, packages: Path) -> dict[str, str]:
    """Lay the code of the commit into the folder, and return the environment in which Python finds it.

    Python is called by a link in the folder, so that no traceback in a home names where libraries are installed.
    """
    packed = subprocess.run(["git", "archive", COMMIT, "paribus"], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder / "code", filter="data")
    (folder / "python").symlink_to(sys.prefix)
    path = os.pathsep.join(map(str, (folder / "code", packages.absolute())))
    return {**os.environ, "PYTHONPATH": path, "PARIBUS_WORKERS": "1", "MKL_CBWR": "AUTO,STRICT"}


def make(kind: str, folder: Path, environment: dict[str, str]) -> None:
    """Train the study of that name in the folder, and keep its home and what the old code says of it."""
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.tar.xz", "*.json", "*.txt", "__pycache__"))

    def paribus(*words: str) -> str:
        command = [folder.parent / "python" / "bin" / "python", "-c", MAIN, *words]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if done.returncode and not (words[0] == "run" and kind == "failed"):
            raise SystemExit(f"paribus {' '.join(words)}: {done.stderr}")
        return done.stdout

    if kind == "announced":
        paribus("plan", f"{kind}.yaml", "--freeze")
    paribus("run", f"{kind}.yaml")
    (FOLDER / f"{kind}.json").write_text(paribus("show", kind, "--json"), encoding="utf-8")
    (FOLDER / f"{kind}.txt").write_text(paribus("show", kind), encoding="utf-8")
    pack(folder / "paribus-home", FOLDER / f"{kind}.tar.xz")


def pack(home: Path, target: Path) -> None:
    """Pack a home, without what is left out, in the same bytes whoever packs it and when."""
    with closing(sqlite3.connect(home / "paribus.db")) as database:
        database.execute("PRAGMA journal_mode=DELETE")
        database.execute("VACUUM")
    with tarfile.open(target, "w:xz", preset=9) as archive:
        for path in sorted(home.rglob("*")):
            name = path.relative_to(home)
            if name.parts[0] not in LEFT_OUT and path.is_file():
                entry = tarfile.TarInfo(str(name))
                entry.size = path.stat().st_size
                with path.open("rb") as file:
                    archive.addfile(entry, file)


def main() -> None:
    """Make the homes of the kinds that are named, or of all."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("packages", type=Path)
    parser.add_argument("kinds", nargs="*", metavar="KIND")
    asked = parser.parse_args()
    kinds = sorted(file.stem for file in FOLDER.glob("*.yaml"))
    with tempfile.TemporaryDirectory() as folder:
        environment = check_out(Path(folder), asked.packages)
        for kind in asked.kinds or kinds:
            make(kind, Path(folder) / kind, environment)
            print(f"{kind}: {(FOLDER / f'{kind}.tar.xz').stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
