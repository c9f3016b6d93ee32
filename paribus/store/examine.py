"""What is wrong with a home, and what is done about it: `paribus doctor`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from paribus.errors import DamagedError, StoreError
from paribus.store.artifacts import fault_of_run, read_arrays, read_record, read_study_file
from paribus.store.checksums import SUMS, check_sums, read_sealed
from paribus.store.store import Store, find_store
from paribus.store.writing import left_over, remove, set_aside


@dataclass
class Examination:
    """The contents of a home, and what is wrong with them.

    Args:
        studies: how many there are.
        runs: stored ones.
        unverified: runs of those whose folders have no checksums, as an earlier version wrote them.
        aside: damaged things that were set aside.
        faults: what is wrong, a sentence each.
    """

    studies: int = 0
    runs: int = 0
    unverified: int = 0
    aside: int = 0
    faults: list[str] = field(default_factory=list[str])


def examine(home: Path) -> Examination:
    """Look at everything in a home, verifying every file; nothing is changed."""
    home = home.absolute()
    examination = Examination(aside=len(list(home.glob("damaged/*"))))
    folders, keys = sorted(home.glob("runs/*/*")), set[str]()  # first, as a row comes after its folder
    try:
        store = find_store(home)
        if store:
            store.check()
            keys = _examine_rows(store, examination)
    except StoreError as error:
        examination.faults.append(str(error))
    _examine_folders((folder for folder in folders if folder.name not in keys), examination)
    examination.faults += [f"{left} was left half written." for left in left_over(home)]
    examination.faults += [fault for _, fault in _damaged_rest(home)]
    return examination


def mend(home: Path) -> list[str]:
    """Repair what is safe, while nothing else uses the home: nothing is deleted that cannot be made again.

    Returns:
        What was done, a sentence each.

    Raises:
        StoreError: the home cannot be written, or is of a later version.
    """
    home, done = home.absolute(), list[str]()
    if not home.is_dir():
        return done
    for left in left_over(home):
        done.append(f"{left}, which was left half written, was removed.")
        remove(left)
    try:
        if (home / "paribus.db").exists():
            Store(home, reading=True).check()
    except DamagedError as error:
        places = [str(set_aside(path, home)) for path in sorted(home.glob("paribus.db*"))]
        done.append(f"{error} It was set aside in {places[0]}, and a new one was made.")
    store = Store(home, tell=done.append)
    store.mend({*store.run_folders(), *store.all_runs()}, deep=True)
    store.take_in_studies()
    for path, fault in _damaged_rest(home):
        remove(path)
        done.append(f"{fault} It was removed, as it is made again where it is needed.")
    return done


def _examine_rows(store: Store, examination: Examination) -> set[str]:
    """Note what is wrong with the rows of a database, and the folders that they point at; the keys of sound ones."""
    runs, studies = store.all_runs(), store.studies()
    examination.studies, examination.runs = len(studies), len(runs)
    sound = [run for run in runs.values() if run]
    examination.faults += [f"The row of the run {key} is damaged." for key, run in runs.items() if not run]
    damaged = (study for study in studies if study.fault and not study.is_newer)
    examination.faults += [f"The record of the study {study.name} is damaged, at {study.fault}." for study in damaged]
    examination.faults += [f"Cannot read the study {study.name}. {study.fault}" for study in studies if study.is_newer]
    for run in sound:
        folder = store.folder(run.key)
        if run.status != "failed" and (fault := fault_of_run(folder, deep=True, finished=run.status == "finished")):
            examination.faults.append(fault)
        examination.unverified += run.status != "failed" and folder.is_dir() and not (folder / SUMS).is_file()
    differing = (f"The row of the run {key} is not what its folder says." for key in store.differing(sound))
    examination.faults += differing
    names = {study.name for study in studies}
    for copy in store.home.glob("studies/*.json"):
        if copy.stem not in names:
            examination.faults.append(f"The study {copy.stem} has a copy, {copy}, but no row in the database.")
    return {run.key for run in sound}


def _examine_folders(folders: Iterable[Path], found: Examination) -> None:
    """Note the folders of runs that have no row."""
    for folder in folders:
        fault = fault_of_run(folder, deep=True)
        if not fault and "status" not in read_record(folder):
            fault = f"{folder} is of an earlier version, and does not say enough to make its row again."
        found.faults.append(fault or f"{folder} has no row in the database.")


def _damaged_rest(home: Path) -> Iterator[tuple[Path, str]]:
    """What is damaged beside runs, and can be made again, with what is wrong with it."""
    checks = {
        "checkpoints/*.safetensors": read_sealed,
        "probes/*.npz": read_arrays,
        "studies/*.json": read_study_file,
        "data/*": check_sums,
        "data/*/tokens-*": check_sums,
    }
    for pattern, check in checks.items():
        for path in sorted(path for path in home.glob(pattern) if not path.name.startswith(".")):
            if check is check_sums and not (path / SUMS).exists():
                continue  # of an earlier version; the next run makes it anew
            try:
                check(path)
            except DamagedError as error:
                if path.exists():
                    yield path, str(error)
