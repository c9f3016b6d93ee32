"""Whether the study that ran is the one that was frozen, in words."""

from __future__ import annotations

from collections.abc import Sequence

from paribus.store.records.study import FrozenRecord


def frozen_sentence(entry: FrozenRecord | None) -> str:
    """One sentence on a study's frozen plan; empty where there was none.

    Args:
        entry: `frozen` of the study's record, as `check_frozen` returns it.
    """
    if entry is None:
        return ""
    plan = f"{entry.time[:10]} (sha256 {entry.hash[:12]}…)"
    if entry.status == "tampered":
        return f"The frozen plan of {plan} was changed after it was frozen, so it shows nothing: its hash does not fit."
    num, found = entry.already_stored, entry.changes
    before = (
        f"when {num:,} of its runs {'was' if num == 1 else 'were'} stored already" if num else "before any of its runs"
    )
    end = f"; {with_verb(found, 'was', 'were')} changed since" if found else ", and ran as frozen"
    return f"This study was frozen on {plan}, {before}{end}."


def with_verb(changes: Sequence[str], one: str, many: str) -> str:
    """The changes with the right form of the verb, as `the seeds and the margin were`.

    Args:
        changes: names, as `changes` returns them; at least one.
        one: the verb's singular.
        many: its plural.
    """
    *most, last = (f"the {name}" for name in changes)
    names = f"{', '.join(most)} and {last}" if most else last
    return f"{names} {many if most or last.endswith(('s', 'data')) else one}"


def warn(entry: FrozenRecord | None) -> None:
    """Say on standard error that a study is not the one that was frozen; nothing if it is, or none was."""
    from rich.console import Console

    if entry and entry.status != "as frozen":
        text = f"Warning: {frozen_sentence(entry)}"
        Console(stderr=True, markup=False, emoji=False).print(text, highlight=False, soft_wrap=True)
