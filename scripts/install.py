"""Install paribus as it stands into a virtual environment: the tested versions, each file checked against its hash.

usage: install.py [FOLDER [dev]]

FOLDER is the environment's (.venv); `dev` adds what tests and checks need. PyTorch's version is pinned, but its
file is not checked: on Linux it comes from PyTorch's own index, as the build on pip's brings gigabytes of CUDA.
"""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
TORCH = "torch==2.13.0"
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
ELSEWHERE = f"""\
{CPU_BUILDS} has no {TORCH} for this machine, or cannot be reached.
What pip finds elsewhere may be for GPUs, with 6 GB of CUDA that paribus has no use for.
Ctrl-C stops it; the same command tries again."""


def main(folder: str = ".venv", extra: str = "") -> None:
    """Make the environment if there is none, and bring it to what the repository says."""
    if sys.version_info < (3, 11):  # noqa: UP036  (whatever is called python3 gets here)
        sys.exit(f"paribus needs Python 3.11 or newer, this is {sys.version.split()[0]}. Try: make PYTHON=python3.12")
    place = Path(folder)
    python = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not python.exists():
        venv.create(place, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    install_torch(pip)
    locked = ROOT / "requirements" / f"{'dev' if extra else 'run'}.txt"
    subprocess.run([*pip, "--require-hashes", "--requirement", str(locked)], check=True)
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], check=True)


def install_torch(pip: list[str]) -> None:
    """PyTorch alone: on Linux its CPU build, elsewhere what the default index has, which is for the CPU there."""
    impatient = ["--timeout", "10", "--retries", "1", "--extra-index-url", CPU_BUILDS]
    if sys.platform == "linux":
        if subprocess.run([*pip, "--no-deps", *impatient, f"{TORCH}+cpu"], check=False).returncode == 0:
            return
        print(ELSEWHERE, flush=True)
        pip = [word for word in pip if word != "--quiet"]
    subprocess.run([*pip, TORCH], check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
